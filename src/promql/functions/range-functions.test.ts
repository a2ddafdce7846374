import { describe, expect, test } from 'vitest';
import { untold } from '../../kernels/blocks.ts';
import type { FloatHistogram } from '../../model/histogram.ts';
import { Labels, labelsFromObject } from '../../model/labels.ts';
import { createSampleColumn, type SampleColumn } from '../../storage/query.ts';
import { Annotations } from '../steps/annotations.ts';
import { createStepColumn } from '../steps/step-column.ts';
import type { RangeContext, RangeFunction } from './contracts.ts';
import { functionImplementations } from './registry.ts';
import { WorkArrays } from './work-arrays.ts';

/** Samples 10 s apart, the first at 10 s; a gap where undefined. */
function series(...values: (number | FloatHistogram | undefined)[]): SampleColumn {
  const column = createSampleColumn(values.length);
  values.forEach((value, i) => {
    if (value === undefined) return;
    const at = column.length++;
    column.times[at] = (i + 1) * 10_000;
    if (typeof value === 'number') {
      column.values[at] = value;
    } else {
      column.histograms ??= [];
      column.histograms[at] = value;
    }
  });
  if (column.histograms !== null) column.histograms.length = column.length;
  return column;
}

function histogram(count: number, hint: FloatHistogram['counterResetHint'] = 'unknown'): FloatHistogram {
  return {
    kind: 'float',
    counterResetHint: hint,
    schema: 0,
    zeroThreshold: 0,
    customValues: [],
    count,
    sum: 2 * count,
    zeroCount: 0,
    positiveSpans: [{ offset: 0, length: 1 }],
    positiveCounts: [count],
    negativeSpans: [],
    negativeCounts: [],
  };
}

interface Ask {
  readonly range?: number;
  readonly steps?: number;
  readonly args?: readonly number[];
  readonly extension?: RangeContext['extension'];
  readonly name?: string;
}

/** Windows of `range` seconds that end at 40 s, 50 s, ...; a step without a value is null. */
function evaluate(name: string, samples: SampleColumn, ask: Ask = {}) {
  const { range = 40, steps = 1, args = [], extension = 'none', name: metricName = 'm_total' } = ask;
  const implementation = functionImplementations[name]!;
  if (implementation.kind !== 'range') throw new Error(`${name} takes no range`);
  const run: RangeFunction = implementation.run;
  const out = createStepColumn(steps);
  const annotations = new Annotations();
  const position = { start: 0, end: 1 };
  run(samples, { firstEnd: 40_000, step: 10_000, count: steps, range: range * 1000 }, out, {
    grid: { start: 40_000, step: 10_000, count: steps },
    args: args.map((value) => new Float64Array(steps).fill(value)),
    annotations,
    metricName,
    position,
    argPositions: [position, position, position],
    features: { delayedNameRemoval: false, useStartTimestamps: true, typeAndUnitLabels: false },
    extension,
    lookbackMs: 300_000,
    bounds: null,
    spend: untold,
    work: new WorkArrays(untold),
    labels: metricName === '' ? Labels.EMPTY : labelsFromObject({ __name__: metricName }),
  });
  const { warnings, infos } = annotations.render('x');
  const results = Array.from(out.values, (value, i) => (out.present[i] === 1 ? (out.histograms?.[i] ?? value) : null));
  return { results, warnings, infos };
}

describe('functions over ranges', () => {
  test.each([
    ['rate', [2, 4, 6, 8], 0.2],
    ['increase', [2, 4, 6, 8], 8],
    ['increase', [2, 4, 1, 3], 5 * (40 / 30)],
    ['delta', [2, 4, 1, 3], 1 * (40 / 30)],
    ['irate', [2, 4, 6, 9], 0.3],
    ['irate', [2, 4, 6, 1], 0.1],
    ['idelta', [2, 4, 6, 1], -5],
    ['changes', [1, 1, 2, 1], 2],
    ['resets', [1, 3, 2, 1], 2],
    ['deriv', [1, 2, 3, 4], 0.1],
    ['sum_over_time', [1, 2, 3, 4], 10],
    ['avg_over_time', [1, 2, 3, 4], 2.5],
    ['min_over_time', [3, Number.NaN, 2, 4], 2],
    ['max_over_time', [3, Number.NaN, 2, 4], 4],
    ['count_over_time', [1, 2, 3, 4], 4],
    ['present_over_time', [5], 1],
    ['first_over_time', [1, 2, 3, 4], 1],
    ['last_over_time', [1, 2, 3, 4], 4],
    ['stddev_over_time', [2, 4, 4, 6], Math.SQRT2],
    ['stdvar_over_time', [2, 4, 4, 6], 2],
    ['mad_over_time', [1, 2, 4, 9], 1.5],
    ['ts_of_max_over_time', [3, 1, 3, 2], 30],
    ['ts_of_min_over_time', [1, 3, 1, 2], 30],
    ['ts_of_first_over_time', [1, 3, 1, 2], 10],
    ['ts_of_last_over_time', [1, 3, 1, 2], 40],
  ])('%s of %j is %f', (name, values, expected) => {
    const { results, warnings } = evaluate(name, series(...values));
    expect(results[0]).toBeCloseTo(expected, 12);
    expect(warnings).toEqual([]);
  });

  test('NaN is the result where there is nothing else, and of a median with one', () => {
    expect(evaluate('min_over_time', series(Number.NaN, Number.NaN)).results).toEqual([Number.NaN]);
    expect(evaluate('mad_over_time', series(1, Number.NaN)).results).toEqual([Number.NaN]);
  });

  test('quantile_over_time of zeros has the sign of the one that the reference finds there', () => {
    const signs = [0, -0, 0].map((_, i) => {
      const samples = series(...[0, -0, 0].slice(i), ...[0, -0, 0].slice(0, i));
      return evaluate('quantile_over_time', samples, { args: [1] }).results;
    });
    expect(signs).toEqual([[0], [0], [-0]]);
  });

  test('quantile_over_time interpolates, and warns of quantiles that are none', () => {
    expect(evaluate('quantile_over_time', series(1, 2, 3, 4), { args: [0.5] }).results).toEqual([2.5]);
    const { results, warnings } = evaluate('quantile_over_time', series(1, 2), { args: [7] });
    expect(results).toEqual([Infinity]);
    expect(warnings).toEqual(['PromQL warning: quantile value should be between 0 and 1, got 7 (1:1)']);
  });

  test('predict_linear counts from the evaluation time', () => {
    expect(evaluate('predict_linear', series(1, 2, 3, 4), { args: [20] }).results[0]).toBeCloseTo(6, 12);
  });

  test('double_exponential_smoothing refuses factors out of range', () => {
    const smooth = (...args: number[]) => evaluate('double_exponential_smoothing', series(1, 2, 3, 4), { args });
    expect(smooth(0.5, 0.5).results).toEqual([4]);
    expect(() => smooth(1, 0.5)).toThrow('invalid smoothing factor. Expected: 0 < sf < 1, got: 1.000000');
    expect(() => smooth(0.5, -2)).toThrow('invalid trend factor. Expected: 0 < tf < 1, got: -2.000000');
  });

  test('windows without samples have no value', () => {
    const gap = series(1, 2, undefined, undefined, undefined, undefined, 7);
    expect(evaluate('sum_over_time', gap, { range: 10, steps: 4 }).results).toEqual([null, null, null, 7]);
    expect(evaluate('rate', gap, { range: 20, steps: 4 }).results).toEqual([null, null, null, null]);
  });

  test('rate doubts names that are not those of counters, if it has a value', () => {
    const doubt =
      'PromQL info: metric might not be a counter, name does not end in _total/_sum/_count/_bucket: "m" (1:1)';
    expect(evaluate('rate', series(1, 2, 3, 4), { name: 'm' }).infos).toEqual([doubt]);
    expect(evaluate('increase', series(1, 2, 3, 4), { name: 'm' }).infos).toEqual([doubt]);
    expect(evaluate('delta', series(1, 2, 3, 4), { name: 'm' }).infos).toEqual([]);
    expect(evaluate('rate', series(1), { name: 'm' }).infos).toEqual([]);
    expect(evaluate('rate', series(histogram(1), histogram(2)), { name: 'm' }).infos).toEqual([]);
  });

  test('anchored and smoothed rates do not extrapolate', () => {
    const samples = series(10, 20, 30, 40, 50, 60, 70, 80);
    const options = { range: 25, steps: 3, extension: 'anchored' } as const;
    expect(evaluate('increase', samples, options).results).toEqual([30, 30, 30]);
    expect(evaluate('increase', samples, { ...options, extension: 'smoothed' }).results).toEqual([25, 25, 25]);
    expect(evaluate('changes', samples, options).results).toEqual([3, 3, 3]);
  });
});

describe('functions over ranges with native histograms', () => {
  test('rate, increase, irate and idelta give gauges', () => {
    const counters = series(histogram(2), histogram(4), histogram(6), histogram(8));
    expect(evaluate('increase', counters).results).toEqual([{ ...histogram(8), counterResetHint: 'gauge' }]);
    expect(evaluate('irate', counters).results).toEqual([
      { ...histogram(2), count: 0.2, sum: 0.4, positiveCounts: [0.2], counterResetHint: 'gauge' },
    ]);
    const { results, warnings } = evaluate('delta', counters);
    expect(results).toEqual([{ ...histogram(8), counterResetHint: 'gauge' }]);
    expect(warnings).toEqual(['PromQL warning: this native histogram metric is not a gauge: "m_total" (1:1)']);
  });

  describe('rate over histograms with exponential and custom buckets', () => {
    const MIXED =
      'vector contains a mix of histograms with exponential and custom buckets schemas for metric name "m_total"';
    const custom = (count: number): FloatHistogram => ({ ...histogram(count), schema: -53, customValues: [1] });

    test('says that they are mixed, wherever in the window the other kind stands', () => {
      for (const mixed of [
        series(histogram(1), histogram(2), custom(3)),
        series(histogram(1), custom(2), histogram(3)),
        series(custom(1), histogram(2), custom(3)),
      ]) {
        const { results, warnings } = evaluate('rate', mixed);
        expect(results).toEqual([null]);
        expect(warnings).toEqual([expect.stringContaining(MIXED)]);
      }
    });

    test('takes no notice of a first one that ends with a reset', () => {
      const { results, warnings } = evaluate('rate', series(custom(9), histogram(2, 'reset'), histogram(3)));
      expect(results).toEqual([expect.objectContaining({ kind: 'float', schema: 0 })]);
      expect(warnings).toEqual([]);
    });

    test('says of gauges too where first and last do not fit, and not where only one between them does not', () => {
      const gauge = histogram(1, 'gauge');
      expect(evaluate('rate', series(gauge, histogram(2), custom(3))).warnings).toEqual([
        expect.stringContaining('this native histogram metric is not a counter'),
        expect.stringContaining(MIXED),
      ]);
      expect(evaluate('rate', series(gauge, histogram(2), custom(3), histogram(4))).warnings).toEqual([
        expect.stringContaining(MIXED),
      ]);
    });
  });

  test('resets and changes see kinds and hints', () => {
    const mixed = series(1, histogram(4), histogram(2), histogram(9, 'reset'));
    expect(evaluate('resets', mixed).results).toEqual([3]);
    expect(evaluate('changes', mixed).results).toEqual([3]);
    expect(evaluate('changes', series(histogram(4), histogram(4))).results).toEqual([0]);
  });

  test('sums and means add bucket by bucket', () => {
    const samples = series(histogram(2), histogram(4), histogram(6), histogram(8));
    expect(evaluate('sum_over_time', samples).results).toEqual([histogram(20)]);
    expect(evaluate('avg_over_time', samples).results).toEqual([histogram(5)]);
    expect(evaluate('count_over_time', samples).results).toEqual([4]);
    expect(evaluate('last_over_time', samples).results).toEqual([histogram(8)]);
  });

  test.each(['rate', 'increase', 'delta', 'sum_over_time', 'avg_over_time', 'irate', 'idelta'])(
    '%s of floats and histograms together has no value, and a warning',
    (name) => {
      const { results, warnings } = evaluate(name, series(1, 2, 3, histogram(8)));
      expect(results).toEqual([null]);
      expect(warnings).toEqual([
        'PromQL warning: encountered a mix of histograms and floats for metric name "m_total" (1:1)',
      ]);
    },
  );

  test.each(['max_over_time', 'min_over_time', 'stddev_over_time', 'mad_over_time', 'deriv'])(
    '%s takes the floats alone, and says so',
    (name) => {
      const { results, infos } = evaluate(name, series(1, 2, 3, histogram(8)));
      expect(results).toEqual(evaluate(name, series(1, 2, 3)).results);
      expect(infos).toEqual([
        'PromQL info: ignored histograms in a range containing both floats and histograms for metric name "m_total" (1:1)',
      ]);
      expect(evaluate(name, series(histogram(1), histogram(2))).results).toEqual([null]);
    },
  );
});
