import { DurationSyntaxError, parseDuration } from '../../model/duration.ts';
import { goQuote } from '../../model/labels.ts';
import { evaluationMs, momentFromText } from '../../model/timestamp.ts';
import type { QueryParameters } from '../../promql/query-planner.ts';
import { type FlagSpec, type Given, valueFlag } from './command-tree.ts';
import { UsageError } from './run-command.ts';

const TIME_HELP = '(RFC3339 or Unix timestamp)';
/** A range without a start begins so long before its end. */
const RANGE_MS = 300_000;
/** Steps that a range without a step is cut into, at one second or more each. */
const STEPS = 250;

export const TIME_FLAG = valueFlag('time', 'TIME', `Query evaluation time ${TIME_HELP}, defaults to now.`);
export const RANGE_FLAGS: readonly FlagSpec[] = [
  valueFlag('start', 'TIME', `Query range start time ${TIME_HELP}, defaults to 5m before its end.`),
  valueFlag('end', 'TIME', `Query range end time ${TIME_HELP}, defaults to now.`),
  valueFlag('step', 'DURATION', 'Query step size (duration), 0 or none: a 250th of the range and at least 1s.'),
];
const LOOKBACK_FLAG = valueFlag('lookback-delta', 'DURATION', 'How far back a sample counts.', { standard: '5m' });

/** When a query is evaluated: `--time`, or a range where one of its flags is given. */
export const EVALUATION_FLAGS: readonly FlagSpec[] = [TIME_FLAG, ...RANGE_FLAGS, LOOKBACK_FLAG];

/** `now` in ms. Throws UsageError. */
export function evaluationFrom(given: Given, now: number): QueryParameters {
  const lookbackMs = durationFlag(given, LOOKBACK_FLAG.name) ?? RANGE_MS;
  const isRange = RANGE_FLAGS.some(({ name }) => given.isOn(name));
  if (isRange && given.isOn(TIME_FLAG.name)) {
    throw new UsageError(
      '--time is for an instant query and --start, --end and --step are for a range',
      'give one of them',
    );
  }
  if (isRange) return { kind: 'range', ...rangeFrom(given, now), lookbackMs };
  const time = timeFlag(given, TIME_FLAG.name, 'evaluation time') ?? now;
  return { kind: 'instant', start: time, end: time, step: 0, lookbackMs };
}

/** The range of `--start`, `--end` and `--step` with the reference's standard values. Throws UsageError. */
export function rangeFrom(given: Given, now: number): { start: number; end: number; step: number } {
  const end = timeFlag(given, 'end', 'end time') ?? now;
  const start = timeFlag(given, 'start', 'start time') ?? end - RANGE_MS;
  if (start >= end) throw new UsageError('start time is not before end time', 'give --start and --end');
  const asked = given.flag('step')?.match(/^0(ms|[smhdwy])?$/) ? null : durationFlag(given, 'step');
  const step = asked ?? 1000 * Math.max(1, Math.floor((end - start) / 1000 / STEPS));
  return { start, end, step };
}

/** Milliseconds, or null where the flag is not given. */
export function timeFlag(given: Given, name: string, what: string): number | null {
  const text = given.flag(name);
  if (text === null || text === '') return null;
  const moment = momentFromText(text);
  if (moment !== null) return evaluationMs(moment);
  throw new UsageError(
    `error parsing ${what}: cannot parse ${goQuote(text)} to a valid timestamp`,
    'write seconds since the epoch or 2006-01-02T15:04:05Z',
  );
}

/** Milliseconds, or null where the flag has no value. */
export function durationFlag(given: Given, name: string): number | null {
  const text = given.flag(name);
  if (text === null) return null;
  try {
    const ms = decimalDuration(text) ?? parseDuration(text);
    if (ms > 0) return ms;
  } catch (error) {
    if (!(error instanceof DurationSyntaxError)) throw error;
    throw new UsageError(`--${name}: ${error.message}`, 'write a duration such as 30s or 1h30m');
  }
  throw new UsageError(`--${name} must be longer than nothing`, 'write a duration such as 30s or 1h30m');
}

const DECIMAL_PARTS = /(\d+(?:\.\d*)?|\.\d+)(ms|s|m|h)/g;
const DECIMAL_DURATION = new RegExp(`^(?:${DECIMAL_PARTS.source})+$`);
const UNIT_MS: Readonly<Record<string, number>> = { ms: 1, s: 1000, m: 60_000, h: 3_600_000 };

/** Whole ms of a duration such as `1.5m`, which promtool takes here; null for other texts. */
function decimalDuration(text: string): number | null {
  if (!DECIMAL_DURATION.test(text)) return null;
  let ms = 0;
  for (const [, count, unit] of text.matchAll(DECIMAL_PARTS)) ms += Number(count) * UNIT_MS[unit!]!;
  return Math.floor(ms);
}
