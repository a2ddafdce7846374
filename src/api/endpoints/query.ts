import { goQuote } from '../../model/labels.ts';
import {
  compareMoments,
  evaluationMs,
  type Moment,
  momentFromMs,
  momentMs,
  nanosecondsBetween,
  secondsFromNanoseconds,
} from '../../model/timestamp.ts';
import type { QueryRequest } from '../../query/runner.ts';
import { ApiError, invalidParameter } from '../api-error.ts';
import type { Call } from '../call.ts';
import type { ApiResult } from '../envelope.ts';
import {
  durationFromText,
  durationParameter,
  limitParameter,
  msFromNanoseconds,
  optionalTime,
  requiredTime,
} from '../parameters.ts';
import { replyResult } from '../sent-reply.ts';

/** Points per series that one range query may ask for: 60 s resolution for a week, 1 h for a year. */
const POINTS_MAX = 11_000n;

/** GET, POST /api/v1/query */
export function query(call: Call): Promise<ApiResult> {
  return askRunner(call, instantEvaluation(call), 'json');
}

/** GET, POST /api/v1/query_range */
export function queryRange(call: Call): Promise<ApiResult> {
  return askRunner(call, rangeEvaluation(call), 'json');
}

export type Evaluation = Pick<QueryRequest, 'kind' | 'start' | 'end' | 'step' | 'limit' | 'asked'>;

/** What `time` asks for. */
export function instantEvaluation({ form, deps }: Call): Evaluation {
  const limit = limitParameter(form);
  const moment = optionalTime(form, 'time', momentFromMs(deps.clock.now()));
  const time = evaluationMs(moment);
  return { kind: 'instant', start: time, end: time, step: 0, limit, asked: askedFor(moment, moment, 0n) };
}

/** What `start`, `end` and `step` ask for. */
export function rangeEvaluation({ form }: Call): Evaluation {
  const limit = limitParameter(form);
  const start = requiredTime(form, 'start');
  const end = requiredTime(form, 'end');
  if (compareMoments(end, start) < 0) {
    throw invalidParameter('end', 'end timestamp must not be before start time');
  }
  const step = durationParameter(form, 'step');
  if (step <= 0n) {
    throw invalidParameter(
      'step',
      'zero or negative query resolution step widths are not accepted. Try a positive integer',
    );
  }
  if (nanosecondsBetween(start, end) / step > POINTS_MAX) {
    throw new ApiError(
      'bad_data',
      'exceeded maximum resolution of 11,000 points per timeseries. Try decreasing the query resolution (?step=XX)',
    );
  }
  const stepMs = Math.trunc(msFromNanoseconds(step));
  if (stepMs === 0) throw invalidParameter('step', `step ${goQuote(form.get('step'))} is below one millisecond`);
  const times = { start: evaluationMs(start), end: evaluationMs(end), step: stepMs };
  return { kind: 'range', ...times, limit, asked: askedFor(start, end, step) };
}

const MILLISECOND = 1_000_000n;

/** Not null where evaluation at whole milliseconds, and within 64 bits of nanoseconds, leaves something out. */
function askedFor(start: Moment, end: Moment, step: bigint): QueryRequest['asked'] {
  const range = nanosecondsBetween(start, end);
  const times = { start: momentMs(start), end: momentMs(end) };
  const isWhole = range % MILLISECOND === 0n && step % MILLISECOND === 0n;
  if (isWhole && times.start === evaluationMs(start) && times.end === evaluationMs(end)) return undefined;
  return { ...times, range: secondsFromNanoseconds(range), step: secondsFromNanoseconds(step) };
}

/** Hands the query on, and words its failure as the API does. */
export async function askRunner(
  call: Call,
  evaluation: Evaluation,
  wanted: 'json' | 'explain' | 'analyze',
  withoutPasses: readonly string[] = [],
): Promise<ApiResult> {
  const { form, deps } = call;
  const stats = form.get('stats');
  const request: QueryRequest = {
    ...evaluation,
    text: form.get('query'),
    timeoutMs: timeoutMs(call),
    lookbackMs: lookbackMs(call),
    stats: stats === '' ? null : stats,
    priority: 'interactive',
    form: wanted,
    withoutPasses,
  };
  const reply = await deps.runner.run(request, call.signal);
  if (!reply.ok && reply.errorType === 'bad_data') throw invalidParameter('query', reply.message);
  return replyResult(call, reply);
}

/** The server's limit, or the client's where that is shorter. */
function timeoutMs(call: Call): number {
  const { queryTimeoutMs } = call.deps.settings;
  if (call.form.get('timeout') === '') return queryTimeoutMs;
  return Math.min(queryTimeoutMs, Math.max(0, msFromNanoseconds(durationParameter(call.form, 'timeout'))));
}

function lookbackMs(call: Call): number {
  const text = call.form.get('lookback_delta');
  if (text === '') return call.deps.settings.lookbackMs;
  const lookback = durationFromText(text);
  if (typeof lookback === 'string') {
    throw new ApiError('bad_data', `error parsing lookback delta duration: ${lookback}`);
  }
  return lookback > 0n ? msFromNanoseconds(lookback) : call.deps.settings.lookbackMs;
}
