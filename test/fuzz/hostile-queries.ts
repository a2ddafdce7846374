import { setImmediate } from 'node:timers/promises';
import { type Labels, labelsFromObject } from '../../src/model/labels.ts';
import { JsonBlocks } from '../../src/promql/json-blocks.ts';
import type { QueryParameters } from '../../src/promql/query-planner.ts';
import { JsonSink } from '../../src/promql/result-json.ts';
import { Annotations } from '../../src/promql/steps/annotations.ts';
import { createSampleBatch } from '../../src/storage/append.ts';
import type { Queryable } from '../../src/storage/query.ts';
import { Head } from '../../src/tsdb/head/head.ts';
import { testEngine } from '../support/test-engine.ts';
import { type Piece, PieceProbe } from './piece-probe.ts';

/** One that somebody could send by accident or on purpose, and over which range in steps of `stepMs`. */
export interface HostileQuery {
  readonly name: string;
  readonly text: string;
  /** 1: an instant query. */
  readonly steps: number;
  readonly stepMs: number;
}

const SERIES = 4000;
const SAMPLES = 60;
const SAMPLE_MS = 15_000;

/** `m{id, group, wide, le}`: 4,000 series of a quarter of an hour, all values different. */
export function hostileStorage(): Queryable {
  const turns = { now: () => performance.now(), pause: () => setImmediate(), pieceMs: 5 };
  const head = new Head({ chunkRangeMs: 7_200_000, minValidTime: Number.NEGATIVE_INFINITY, turns });
  head.logTo({ append() {} });
  fillSmall(head);
  return head;
}

/** Appends what `HOSTILE_QUERIES` ask for. */
export function fillSmall(appendable: Pick<Head, 'appender'>): void {
  const refs: number[] = [];
  for (let i = 0; i < SAMPLES; i++) {
    const appender = appendable.appender();
    const batch = createSampleBatch(SERIES);
    batch.length = SERIES;
    for (let n = 0; n < SERIES; n++) {
      refs[n] ??= appender.resolve(labelsOf(n));
      batch.refs[n] = refs[n]!;
      batch.times[n] = i * SAMPLE_MS;
      batch.values[n] = n * 1000 + i + n / 7;
    }
    appender.append(batch);
    appender.commit();
  }
}

function labelsOf(n: number): Labels {
  const wide = 'w'.repeat(500);
  return labelsFromObject({ __name__: 'm', id: `id-${n}`, group: String(n % 10), wide, le: String(n % 50) });
}

/** One of the series, for any number. */
function one(i: number): string {
  return `m{id="id-${i % SERIES}"}`;
}

const LONG = { steps: 11_000, stepMs: 80 };
const ONCE = { steps: 1, stepMs: 0 };

export const HOSTILE_QUERIES: readonly HostileQuery[] = [
  { name: 'everything', text: '{__name__=~".+"}', ...LONG },
  { name: 'everything, raw', text: '{__name__=~".+"}[1y]', ...ONCE },
  { name: 'nested subqueries', text: 'max_over_time(max_over_time(rate(m[5m])[10m:1s])[10m:1s])', ...LONG },
  { name: 'deep subqueries', text: `${'max_over_time('.repeat(20)}m${'[1h:1s])'.repeat(20)}`, ...LONG },
  { name: 'a subquery of centuries', text: 'sum_over_time(m[290y:1s])', ...ONCE },
  { name: 'a subquery of months', text: 'sum_over_time(m[200d:1s])', ...ONCE },
  { name: 'a subquery of one series', text: 'max_over_time(m{id="id-1"}[80m:1ms])', ...ONCE },
  {
    name: 'subqueries of one series',
    text: 'max_over_time(rate(rate(m{id="id-1"}[20m:1ms])[20m:1ms])[20m:1ms])',
    ...ONCE,
  },
  { name: 'a subquery of the time', text: 'predict_linear(vector(time())[1h:1ms], 60)', ...ONCE },
  { name: 'ranks of a subquery', text: 'quantile_over_time(0.5, m{id="id-1"}[1h:1ms])', ...ONCE },
  { name: 'lines through long windows', text: 'deriv(m{id="id-1"}[1h:1ms])', ...LONG },
  {
    name: 'smoothing of long windows',
    text: 'double_exponential_smoothing(vector(time())[1h:1ms], 0.5, 0.5)',
    ...LONG,
  },
  { name: 'ranks in long windows', text: 'quantile_over_time(0.5, vector(time())[5m:1ms])', ...LONG },
  { name: 'distances in long windows', text: 'mad_over_time(vector(time())[5m:1ms])', ...LONG },
  { name: 'count_values', text: 'count_values("v", m)', ...LONG },
  { name: 'count_values of count_values', text: 'count_values("w", count_values by (id) ("v", m))', ...LONG },
  { name: 'label_replace that grows', text: growing(12), ...ONCE },
  { name: 'label_join of wide labels', text: joining(10), ...ONCE },
  { name: 'a tree of 10,000 operators', text: tree(10_000), ...ONCE },
  { name: 'a chain of 10,000 operators', text: Array(10_000).fill('1').join('+'), ...LONG },
  { name: 'a chain of 2,000 selectors', text: Array(2_000).fill('m{id="id-1"}').join(' or '), ...ONCE },
  { name: '1,000 parentheses', text: `${'('.repeat(1000)}m${')'.repeat(1000)}`, ...ONCE },
  { name: 'a cross join', text: 'm * on () group_left () m', ...ONCE },
  { name: 'a join by group', text: 'm * on (group) group_left (id) m', ...ONCE },
  { name: 'a join of itself', text: 'm + on (id) m + on (id) m + on (id) m', ...LONG },
  { name: 'set operations', text: 'm or m{le="1"} unless m{group="2"} and m', ...LONG },
  { name: 'topk of everything', text: 'topk(1e9, m)', ...LONG },
  { name: 'quantile by id', text: 'quantile by (id, le) (0.5, m)', ...LONG },
  { name: 'sort_by_label', text: 'sort_by_label(m, "wide", "id")', ...ONCE },
  { name: 'histogram_quantile of nonsense', text: 'histogram_quantile(0.9, m)', ...LONG },
  { name: 'a regex that backtracks elsewhere', text: 'm{id=~"(id-)*(a|b|ab)*(x+x+)+y|.*1"}', ...ONCE },
  { name: 'a large regex', text: `m{id=~"${Array.from({ length: 5000 }, (_, i) => `.*${i}x?`).join('|')}"}`, ...ONCE },
  { name: 'a repeated regex', text: 'm{wide=~"(w{0,1000}){0,1}"}', ...ONCE },
  { name: 'a regex that repeats repeats', text: 'm{wide=~"((w{1,30}){1,30}){1,30}"}', ...ONCE },
  { name: 'predict_linear over all', text: 'predict_linear(m[1h], 3600)', ...LONG },
  { name: 'quantile_over_time over all', text: 'quantile_over_time(0.5, m[1h])', ...LONG },
  { name: 'holt winters over all', text: 'double_exponential_smoothing(m[1h], 0.1, 0.1)', ...LONG },
  { name: 'a chain of 16,000 sums', text: ors(16_000, (i) => `sum by (id) (rate(m{id="${i}"}[5m]))`), ...ONCE },
  {
    name: 'a chain of sums of series',
    text: ors(16_000, (i) => `sum by (id) (rate(${one(i)}[${i + 300}s]))`),
    ...ONCE,
  },
  { name: 'a chain of equal sums', text: ors(16_000, (i) => `sum by (id) (rate(${one(i)}[5m]))`), ...ONCE },
  { name: 'a chain of ranks', text: ors(12_000, (i) => `topk by (id) (${i}, ${one(i)})`), ...ONCE },
  { name: 'a chain of quantiles', text: ors(12_000, (i) => `quantile without (le) (0.${i}, ${one(i)})`), ...ONCE },
  { name: 'a chain of smoothed series', text: ors(8000, (i) => `label_join(${one(i)}, "i", "${i}")`), ...ONCE },
  { name: 'a sum of sums', text: Array.from({ length: 16_000 }, (_, i) => `sum(${one(i)})`).join(' + '), ...ONCE },
  { name: 'sums over many steps', text: ors(3000, (i) => `sum by (id) (rate(${one(i)}[${i + 300}s]))`), ...LONG },
  { name: 'everything or everything', text: ors(1000, () => '{__name__=~".+"}'), ...ONCE },
  { name: 'everything by many patterns', text: ors(1000, (i) => `{__name__=~".+|${i}"}`), ...ONCE },
  { name: 'many patterns', text: ors(1500, (i) => `m{id=~"(a|b)+${i}?c*"}`), ...ONCE },
  { name: 'a pattern of repetitions', text: `m{wide=~"${'w{0,1000}'.repeat(9)}"}`, ...ONCE },
  { name: 'a text of gigabytes', text: `label_replace(m, "wide", "${'$1'.repeat(200_000)}", "wide", "(.*)")`, ...ONCE },
  { name: 'a join of thousands', text: `label_join(m, "wide", "-"${', "wide"'.repeat(50_000)})`, ...ONCE },
  { name: 'a join that includes ids', text: 'm * on () group_left (id) m', ...LONG },
  { name: 'a join that fills in', text: 'm + on (id, le) group_left fill (0) m{id="nothing"}', ...LONG },
  { name: 'info', text: 'info(m, {__name__=~".+"})', ...LONG },
  { name: 'limitk of everything', text: 'limitk(1e18, m) or limit_ratio(-1, m)', ...LONG },
  { name: 'quantiles by label', text: `histogram_quantiles(m, "q"${', 0.5'.repeat(5000)})`, ...LONG },
  { name: 'a string of a megabyte', text: `"${'x'.repeat(2 ** 20)}"`, ...ONCE },
  { name: 'a text of signs', text: '-'.repeat(100_000), ...ONCE },
  { name: 'a duration without end', text: `m[${'1y+'.repeat(10_000)}1y]`, ...ONCE },
  { name: 'a list of matchers', text: `m{${Array.from({ length: 20_000 }, (_, i) => `id!="${i}"`).join()}}`, ...ONCE },
  { name: 'absent of everything', text: 'absent(nothing{a="1"}) or absent_over_time(nothing[1y])', ...LONG },
];

function ors(count: number, link: (i: number) => string): string {
  return Array.from({ length: count }, (_, i) => link(i)).join(' or ');
}

function growing(times: number): string {
  let text = 'm';
  for (let i = 0; i < times; i++) text = `label_replace(${text}, "wide", "$1$1", "wide", "(.*)")`;
  return text;
}

function joining(times: number): string {
  let text = 'm';
  for (let i = 0; i < times; i++) text = `label_join(${text}, "wide", "-", "wide", "wide", "id")`;
  return text;
}

function tree(operators: number): string {
  if (operators === 0) return '1';
  const left = Math.floor((operators - 1) / 2);
  return `(${tree(left)} + ${tree(operators - 1 - left)})`;
}

export interface HostileOutcome {
  readonly answer: string;
  readonly ms: number;
  /** The longest time between two points at which the query could be cancelled. */
  readonly piece: Piece;
  /** How many such points there were. */
  readonly looks: number;
}

/** What a query may use. */
export interface HostileLimits {
  readonly samplesMax: number;
  readonly bytesMax: number;
  readonly timeoutMs: number;
  /** The time of an instant query, and the end of a range, ms. */
  readonly end: number;
  /** Without a pause so long (ms) it takes one; a look follows. 20 where it is not said. */
  readonly pauseAfterMs?: number;
}

/** Those of a small server. */
export const SMALL_LIMITS: HostileLimits = {
  samplesMax: 5_000_000,
  bytesMax: 256 * 2 ** 20,
  timeoutMs: 10_000,
  end: SAMPLES * SAMPLE_MS,
};

/** Runs a query in this thread. Rejects with what is no user's error. */
export async function runHostile(
  storage: Queryable,
  { steps, stepMs, text }: HostileQuery,
  limits: HostileLimits,
): Promise<HostileOutcome> {
  const { bytesMax, end, pauseAfterMs = 20, samplesMax, timeoutMs } = limits;
  const began = performance.now();
  const probe = new PieceProbe();
  const look = () => probe.look();
  // Every look at the signal is a point at which the query would have been cancelled.
  const signal = {
    get aborted() {
      look();
      return false;
    },
    reason: undefined,
  };
  let answer: string;
  try {
    const engine = testEngine({
      samplesMax,
      bytesMax,
    });
    const parameters: QueryParameters = {
      kind: steps === 1 ? 'instant' : 'range',
      start: end - (steps - 1) * stepMs,
      end,
      step: stepMs,
      lookbackMs: 300_000,
    };
    const query = engine.prepare(text, parameters, look);
    const sink = new JsonSink(0, new JsonBlocks());
    await engine.run(query, storage, sink, new Annotations(), {
      timeoutMs,
      signal,
      pause: () => Promise.resolve(),
      pauseAfterMs,
      countSteps: false,
    });
    answer = `${sink.finish(null, [], [], look).length} bytes`;
  } catch (error) {
    if (
      !(error instanceof Error) ||
      !/^(QueryError|EvaluationError|PlanError|PromqlSyntaxError|RegexSyntaxError|HistogramTooLarge)$/.test(error.name)
    ) {
      throw error;
    }
    answer = error.message;
  }
  look();
  return { answer, ms: performance.now() - began, piece: probe.longest, looks: probe.looks };
}
