import { existsSync, readdirSync, readFileSync } from 'node:fs';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import type { FloatHistogram } from '../../src/model/histogram.ts';
import { labelsFromObject } from '../../src/model/labels.ts';
import type { Engine, EngineOptions } from '../../src/promql/engine.ts';
import { functionImplementations } from '../../src/promql/functions/registry.ts';
import { PASSES } from '../../src/promql/plan/passes/passes.ts';
import { ColumnSink } from '../../src/promql/result.ts';
import { MemoryQueryable, type MemorySeries } from '../../src/promql/script/memory-queryable.ts';
import { parsePromqlScript } from '../../src/promql/script/promql-script.ts';
import { type Evaluate, runPromqlScript } from '../../src/promql/script/run-promql-script.ts';
import { scriptEngine } from '../../src/promql/script/script-engine.ts';
import { Annotations } from '../../src/promql/steps/annotations.ts';
import { systemClock } from '../../src/std/clock.ts';
import type { Queryable } from '../../src/storage/query.ts';
import { arbitraryPromql } from '../support/arbitrary-promql.ts';
import { NO_FEATURES, testEngine } from '../support/test-engine.ts';

/**
 * Passes change what is done, never what is answered: with all of them, with none, and with all but one the answers are
 * the same to the bit, and so are errors and what is told of the data.
 */

const ALL_NAMES = new Set(PASSES.map(({ name }) => name));
const START = 1200_000;
const STEP = 30_000;
const END = START + 20 * STEP;

function engineWithout(withoutPasses: ReadonlySet<string>, features: Partial<EngineOptions['features']> = {}): Engine {
  return testEngine({
    features: { ...NO_FEATURES, ...features },
    withoutPasses,
  });
}

interface Told {
  readonly series: readonly string[];
  readonly error: string | null;
  readonly annotations: readonly string[];
}

async function ask(engine: Engine, text: string, queryable: Queryable, kind: 'instant' | 'range'): Promise<Told> {
  const annotations = new Annotations();
  const sink = new ColumnSink();
  const end = kind === 'instant' ? START : END;
  try {
    const query = engine.prepare(text, { kind, start: START, end, step: end - START && STEP, lookbackMs: 300_000 });
    await engine.run(query, queryable, sink, annotations, {
      timeoutMs: 20_000,
      signal: new AbortController().signal,
      pause: () => Promise.resolve(),
      pauseAfterMs: 1000,
      countSteps: false,
    });
  } catch (error) {
    return { series: [], error: (error as Error).message, annotations: [] };
  }
  const { warnings, infos } = annotations.render(text);
  return { series: bitsOf(sink), error: null, annotations: [...warnings, ...infos].sort() };
}

/** One line a series, values as the bits that they are. */
function bitsOf({ series, rawSeries, scalar, text }: ColumnSink): string[] {
  const lines = series.map(({ labels, column: { values, present, histograms } }) => {
    const steps = Array.from(present, (one, i) => (one === 0 ? '_' : valueText(values[i]!, histograms?.[i])));
    return `${labels} ${steps.join(' ')}`;
  });
  for (const { labels, samples } of rawSeries) {
    const { times, values, histograms } = samples;
    lines.push(`${labels} ${Array.from(times, (t, i) => `${t}=${valueText(values[i]!, histograms?.[i])}`).join(' ')}`);
  }
  return [...lines.sort(), valueText(scalar, undefined), text];
}

const cell = new Float64Array(1);
const cellBits = new BigUint64Array(cell.buffer);

function valueText(value: number, histogram: FloatHistogram | undefined): string {
  if (histogram !== undefined) return JSON.stringify(histogram);
  // One NaN is as good as another: an operation may give any of them.
  cell[0] = value;
  return Number.isNaN(value) ? 'NaN' : cellBits[0]!.toString(16);
}

const histogram = fc.record({ count: fc.integer({ min: 1, max: 9 }), sum: fc.integer({ min: -3, max: 50 }) }).map(
  ({ count, sum }): FloatHistogram => ({
    kind: 'float',
    counterResetHint: 'unknown',
    schema: 0,
    count,
    sum,
    zeroThreshold: 0,
    zeroCount: 0,
    positiveSpans: [{ offset: 0, length: 1 }],
    positiveCounts: [count],
    negativeSpans: [],
    negativeCounts: [],
    customValues: [],
  }),
);
const samplesOf = (histograms: fc.Arbitrary<FloatHistogram | null>) =>
  fc
    .array(
      fc.record({
        gap: fc.constantFrom(15, 15, 15, 30, 200),
        value: fc.oneof(fc.integer({ min: -5, max: 90 }), fc.constantFrom(0.1, 1e300, Number.NaN, -0, Infinity)),
        stale: fc.nat(12),
        histogram: histograms,
      }),
      { maxLength: 40, size: 'max' },
    )
    .map((draft) => {
      let time = START - 400_000;
      return draft.map(({ gap, value, stale, histogram: found }) => {
        time += gap * 1000;
        return { time, startTime: 0, value, stale: stale === 0, histogram: stale === 0 ? null : found };
      });
    });
const samples = samplesOf(fc.option(histogram, { freq: 12 }));
const stored: fc.Arbitrary<MemorySeries[]> = fc.uniqueArray(
  fc.record({
    labels: fc
      .record({
        __name__: fc.constantFrom('up', 'http_requests_total', 'a:b', 'sum'),
        job: fc.constantFrom('', 'x', 'y'),
        instance: fc.constantFrom('', 'x', 'b'),
        le: fc.constantFrom('', '1', '+Inf'),
        __type__: fc.constantFrom('', '', '', 'counter'),
      })
      .map(labelsFromObject),
    samples,
  }),
  { selector: ({ labels }) => labels.key, maxLength: 12, minLength: 3 },
);

/** Queries in which passes find much to do. */
const rich: fc.Arbitrary<string> = fc.letrec<{ vector: string; scalar: string }>((tie) => {
  const matchers = fc.constantFrom('', '{job="x"}', '{job=~"x|y"}', '{job!="x",instance=""}', '{le!="1"}');
  const name = fc.constantFrom('up', 'http_requests_total', 'sum', '{__name__=~"up|sum"}');
  const selector = fc
    .tuple(name, matchers, fc.constantFrom('', '', ' @ 1300', ' offset 1m'))
    .map(([metric, set, shift]) => `${metric.startsWith('{') ? metric : metric + set}${shift}`);
  const range = fc
    .tuple(name, matchers, fc.constantFrom('[2m]', '[5m]', '[5m] @ 1300'))
    .map(([metric, set, window]) => `${metric.startsWith('{') ? metric : metric + set}${window}`);
  return {
    vector: fc.oneof(
      { maxDepth: 4, withCrossShrink: true },
      selector,
      fc
        .tuple(fc.constantFrom('rate', 'max_over_time', 'count_over_time', 'last_over_time', 'increase'), range)
        .map(([f, r]) => `${f}(${r})`),
      fc
        .tuple(
          fc.constantFrom('sum', 'avg', 'count', 'group', 'max', 'stddev'),
          fc.constantFrom('', '', 'by (job)', 'by (job, instance)', 'without (le)'),
          tie('vector'),
        )
        .map(([op, by, v]) => `${op} ${by} (${v})`),
      fc
        .tuple(fc.constantFrom('topk', 'bottomk', 'limitk', 'quantile'), tie('scalar'), tie('vector'))
        .map(([op, k, v]) => {
          return `${op}(${k}, ${v})`;
        }),
      tie('vector').chain((v) =>
        fc.constantFrom('-', '/', '+ on (job)', 'and', 'unless', 'or').map((op) => `(${v}) ${op} (${v})`),
      ),
      fc
        .tuple(
          tie('vector'),
          fc.constantFrom(
            '+',
            '/ on (job)',
            '* on (job) group_left ()',
            'and on (job)',
            'unless ignoring (le)',
            '> bool',
          ),
          tie('vector'),
        )
        .map(([a, op, b]) => `(${a}) ${op} (${b})`),
      fc
        .tuple(tie('vector'), fc.constantFrom('*', '>', '== bool'), tie('scalar'))
        .map(([v, op, s]) => `(${v}) ${op} ${s}`),
      fc
        .tuple(fc.constantFrom('sort', 'abs', 'absent', 'histogram_count'), tie('vector'))
        .map(([f, v]) => `${f}(${v})`),
      tie('vector').map((v) => `max_over_time((${v})[2m:30s])`),
      tie('scalar').map((s) => `vector(${s})`),
    ),
    scalar: fc.oneof(
      { maxDepth: 2 },
      fc.constantFrom('1', '2', '(1 + 2 * 3)', '-(1 / 0)', 'time()', 'pi() * 2', '(2 > bool 1)'),
      tie('vector').map((v) => `scalar(${v})`),
    ),
  };
}).vector;

/** Joins of which one side has matchers, below functions and aggregations. */
const joins: fc.Arbitrary<string> = fc.letrec<{ side: string; range: string; join: string }>((tie) => {
  const matchers = fc.constantFrom('', '', '{job="x"}', '{job=~"x|z"}', '{job!="x",instance="x"}', '{instance=""}');
  const name = fc.constantFrom('up', 'up', 'http_requests_total', 'http_requests_total', '{__name__=~"up|sum"}');
  const selector = fc.tuple(name, matchers).map(([metric, set]) => (metric.startsWith('{') ? metric : metric + set));
  const by = fc.constantFrom('', 'by (job)', 'by (job, instance)', 'without (le)', 'without (instance, le)');
  return {
    range: fc.oneof(
      selector.map((v) => `${v}[5m]`),
      tie('side').map((v) => `(${v})[3m:30s]`),
    ),
    side: fc.oneof(
      { maxDepth: 4 },
      selector,
      fc
        .tuple(
          fc.constantFrom('rate', 'rate', 'increase', 'irate', 'delta', 'max_over_time', 'deriv', 'changes'),
          tie('range'),
        )
        .map(([f, r]) => `${f}(${r})`),
      fc.tuple(fc.constantFrom('0.5', '2'), tie('range')).map(([q, r]) => `quantile_over_time(${q}, ${r})`),
      fc
        .tuple(fc.constantFrom('sum', 'sum', 'avg', 'min', 'stddev', 'quantile', 'topk', 'count'), by, tie('side'))
        .map(([op, labels, v]) => `${op} ${labels} (${op === 'quantile' ? '0.5, ' : op === 'topk' ? '1, ' : ''}${v})`),
      fc
        .tuple(fc.constantFrom('abs', 'ceil', '-', 'histogram_count', 'sort', 'timestamp'), tie('side'))
        .map(([f, v]) => `${f}(${v})`),
      fc.tuple(tie('side'), fc.constantFrom('* 2', '> 1', '== bool 3', '>/ 2')).map(([v, rest]) => `(${v}) ${rest}`),
      fc
        .tuple(tie('side'), fc.constantFrom('job', 'instance', 'host'), fc.constantFrom('instance', 'le'))
        .map(([v, to, from]) => `label_replace(${v}, "${to}", "$1", "${from}", "(.*)")`),
      tie('join').map((v) => `(${v})`),
    ),
    join: fc
      .tuple(
        tie('side'),
        fc.constantFrom(
          ...['/', '/', '>', '== bool', 'and', 'unless', 'or', '+ on (job)', '* on (job, instance)', '- ignoring (le)'],
          ...['* on (job) group_left ()', '/ ignoring (le) group_right ()', 'and on (job)', 'unless on (instance)'],
          ...['+ on (job) group_left (instance)', '* ignoring (job)'],
        ),
        tie('side'),
      )
      .map(([a, op, b]) => `(${a}) ${op} (${b})`),
  };
}).join;

/** Notices may tell how many steps were looked at, and what is hoisted is looked at once. */
const QUIET_PASSES = new Set(['hoist-step-invariant']);

/** How far a query gets within its limits depends on the way that it takes. */
const LIMIT = /too many samples|too much memory|timed out|a subquery has/;

async function compare(series: readonly MemorySeries[], text: string, kind: 'instant' | 'range'): Promise<void> {
  const queryable = new MemoryQueryable();
  for (const each of series) queryable.append(each);
  const none = await ask(engineWithout(ALL_NAMES), text, queryable, kind);
  const all = await ask(engineWithout(new Set()), text, queryable, kind);
  if (LIMIT.test(`${none.error} ${all.error}`)) return;
  // Of several things that are wrong the one is told that is met first.
  if (none.error !== null && all.error !== null) return;
  expect({ series: all.series, error: all.error }).toEqual({ series: none.series, error: none.error });
  const loud = await ask(engineWithout(QUIET_PASSES), text, queryable, kind);
  expect(loud).toEqual(none);
}

describe('passes give the same answers', () => {
  test.each(['instant', 'range'] as const)('to %s queries of the whole grammar', async (kind) => {
    await fc.assert(
      fc.asyncProperty(stored, arbitraryPromql, (series, text) => compare(series, text, kind)),
      { numRuns: 400 },
    );
  });

  test.each(['instant', 'range'] as const)('to %s queries in which they have much to do', async (kind) => {
    await fc.assert(
      fc.asyncProperty(stored, rich, (series, text) => compare(series, text, kind)),
      { numRuns: 800 },
    );
  });
});

describe('joins are read by the matchers of their other side, and nobody can tell', () => {
  const floats = stored.chain((series) =>
    fc
      .tuple(...series.map(() => samplesOf(fc.constant(null))))
      .map((columns) => series.map(({ labels }, i) => ({ labels, samples: columns[i]! }))),
  );
  test.each([
    ['floats', 'instant', floats],
    ['floats', 'range', floats],
    ['floats and histograms', 'instant', stored],
    ['floats and histograms', 'range', stored],
  ] as const)('%s, %s queries', async (_, kind, data) => {
    await fc.assert(
      fc.asyncProperty(data, joins, (series, text) => compare(series, text, kind)),
      { numRuns: 600 },
    );
  });
});

test('what timestamp() refuses of series that differ in their types alone stays refused in a join', async () => {
  const sets = [{ job: 'x' }, { __name__: 'up', job: 'y' }, { __name__: 'up', job: 'y', __type__: 'counter' }];
  const series = sets.map((set) => ({
    labels: labelsFromObject({ __name__: 'sum', ...set }),
    samples: [{ time: START, startTime: 0, value: 1, stale: false, histogram: null }],
  }));
  const queryable = new MemoryQueryable();
  for (const each of series) queryable.append(each);
  const { error } = await ask(engineWithout(new Set()), 'sum{job="x"} unless timestamp(up)', queryable, 'instant');
  expect(error).toBe('vector cannot contain metrics with the same labelset');
});

const SCRIPTS = new URL('../../../shared/conformance/', import.meta.url);
for (const suite of ['promql', 'promql-more']) {
  const directory = new URL(`${suite}/`, SCRIPTS);
  const names = existsSync(directory) ? readdirSync(directory).filter((name) => name.endsWith('.test')) : [];
  describe.skipIf(names.length === 0)(`passes give the same answers to ../shared/conformance/${suite}`, () => {
    test.each(names)('%s', async (name) => {
      const withAll = scriptEngine(functionImplementations, systemClock);
      const withNone = scriptEngine(functionImplementations, systemClock, ALL_NAMES);
      const both: Evaluate = async (request) => {
        const answer = await withAll(request);
        expect(await withNone(request), request.text).toEqual(answer);
        return answer;
      };
      await runPromqlScript(parsePromqlScript(readFileSync(new URL(name, directory), 'utf8')), both);
    });
  });
}
