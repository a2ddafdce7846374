import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { compareLabels, labelsFromObject } from '../../src/model/labels.ts';
import type { ColumnSink } from '../../src/promql/result.ts';
import { MemoryQueryable, type MemorySeries } from '../../src/promql/script/memory-queryable.ts';
import { parseExpr } from '../../src/promql/syntax/parse.ts';
import { askEngine } from '../support/ask-engine.ts';
import { naiveVector, type Vector } from './naive-evaluation.ts';

const START = 600;
const STEP = 60;
const STEPS = 8;
const GRID = { start: START, end: START + STEP * (STEPS - 1), step: STEP };

/** Small integers, so that sums are exact in any order. Some samples are missing, some are stale markers. */
const samples = fc
  .array(fc.record({ gap: fc.constantFrom(1, 1, 1, 3, 7), value: fc.integer({ min: -5, max: 9 }), stale: fc.nat(9) }), {
    maxLength: 12,
  })
  .map((draft) => {
    let time = (START - 240) * 1000;
    return draft.map(({ gap, value, stale }) => {
      time += gap * 47_000;
      return { time, startTime: 0, value, stale: stale === 0, histogram: null };
    });
  });

const storedSeries: fc.Arbitrary<MemorySeries[]> = fc.uniqueArray(
  fc.record({
    labels: fc
      .record({
        __name__: fc.constantFrom('m', 'n'),
        a: fc.constantFrom('', 'x', 'y'),
        b: fc.constantFrom('', '1', '2'),
      })
      .map(labelsFromObject),
    samples,
  }),
  { selector: ({ labels }) => labels.key, maxLength: 10 },
);

const selector = fc.constantFrom('m', 'n', 'm{a="x"}', '{a=~"x|y"}', 'n offset 1m', '{__name__=~"m|n"}');

const grouping = fc.constantFrom('', 'by (a)', 'without (b)', 'by (a, b)', 'by (__name__)', 'without ()');

const query: fc.Arbitrary<string> = fc.letrec<{ query: string }>((tie) => ({
  query: fc.oneof(
    { depthSize: 'small', withCrossShrink: true },
    selector,
    fc
      .tuple(fc.constantFrom('sum', 'avg', 'min', 'max', 'count', 'group'), grouping, tie('query'))
      .map(([op, by, inner]) => `${op} ${by} (${inner})`),
    fc
      .tuple(tie('query'), fc.constantFrom('+ 1', '* 2', '> 1', '> bool 1'))
      .map(([inner, rest]) => `(${inner}) ${rest}`),
    fc
      .tuple(
        tie('query'),
        fc.constantFrom(
          '+',
          '*',
          '+ on (a)',
          '* ignoring (b)',
          '> bool',
          'and',
          'or',
          'unless',
          'and on (a)',
          'or on (b)',
        ),
        tie('query'),
      )
      .map(([left, op, right]) => `(${left}) ${op} (${right})`),
    tie('query').map((inner) => `-(${inner})`),
  ),
})).query;

describe('a query over random series', () => {
  test('gives on every step what its definition gives there', async () => {
    await fc.assert(
      fc.asyncProperty(storedSeries, query, async (series, text) => {
        const expected = naiveRange(series, text);
        const got = await rangeOf(series, text);
        expect(got).toEqual(expected);
      }),
      { numRuns: 1500 },
    );
  });

  test('gives in a range what it gives at each moment', async () => {
    await fc.assert(
      fc.asyncProperty(storedSeries, query, async (series, text) => {
        const whole = await rangeOf(series, text);
        const queryable = storageOf(series);
        const parts: Record<string, string[]> = {};
        let error: string | null = null;
        for (let step = 0; step < STEPS && error === null; step++) {
          const { sink, failure } = await attempt(text, { at: START + step * STEP }, queryable);
          error = failure;
          for (const { labels, column } of sink?.series ?? []) {
            (parts[String(labels)] ??= Array(STEPS).fill('_'))[step] = String(column.values[0]);
          }
        }
        expect(whole).toEqual(error === null ? joined(parts) : 'error');
      }),
      { numRuns: 300 },
    );
  });

  test('sums over a partition add up to the sum', async () => {
    await fc.assert(
      fc.asyncProperty(storedSeries, selector, fc.constantFrom('a', 'b', '__name__'), async (series, text, label) => {
        const parts = await rangeOf(series, `sum (sum by (${label}) (${text}))`);
        expect(parts).toEqual(await rangeOf(series, `sum (${text})`));
      }),
      { numRuns: 200 },
    );
  });

  test('topk and bottomk of all are all, of one the greatest and least', async () => {
    await fc.assert(
      fc.asyncProperty(storedSeries, selector, async (series, text) => {
        expect(await rangeOf(series, `topk(100, ${text})`)).toEqual(await rangeOf(series, text));
        expect(await rangeOf(series, `sum(topk(1, ${text}))`)).toEqual(await rangeOf(series, `max(${text})`));
        expect(await rangeOf(series, `sum(bottomk(1, ${text}))`)).toEqual(await rangeOf(series, `min(${text})`));
      }),
      { numRuns: 200 },
    );
  });
});

type Range = Readonly<Record<string, string>> | 'error';

async function rangeOf(series: readonly MemorySeries[], text: string): Promise<Range> {
  const { sink, failure } = await attempt(text, GRID, storageOf(series));
  if (sink === null) return failure === null ? {} : 'error';
  const found: Record<string, string[]> = {};
  for (const { labels, column } of sink.series) {
    found[String(labels)] = Array.from(column.values, (value, i) => (column.present[i] === 0 ? '_' : String(value)));
  }
  return joined(found);
}

async function attempt(
  text: string,
  times: Parameters<typeof askEngine>[1],
  queryable: MemoryQueryable,
): Promise<{ sink: ColumnSink | null; failure: string | null }> {
  try {
    return { sink: (await askEngine(text, times, { queryable })).sink, failure: null };
  } catch (error) {
    return { sink: null, failure: (error as Error).message };
  }
}

function naiveRange(series: readonly MemorySeries[], text: string): Range {
  const expr = parseExpr(text);
  const found: Record<string, string[]> = {};
  const ordered = series.toSorted((a, b) => compareLabels(a.labels, b.labels));
  for (let step = 0; step < STEPS; step++) {
    let vector: Vector;
    try {
      vector = naiveVector(expr, ordered, 1000 * (START + step * STEP));
    } catch {
      return 'error';
    }
    const seen = new Set<string>();
    for (const { labels, value } of vector) {
      const key = String(labels);
      if (seen.has(key)) return 'error';
      seen.add(key);
      (found[key] ??= Array(STEPS).fill('_'))[step] = String(value);
    }
  }
  return joined(found);
}

function joined(series: Record<string, string[]>): Record<string, string> {
  return Object.fromEntries(Object.entries(series).map(([labels, values]) => [labels, values.join(' ')]));
}

function storageOf(series: readonly MemorySeries[]): MemoryQueryable {
  const queryable = new MemoryQueryable();
  for (const each of series) queryable.append(each);
  return queryable;
}
