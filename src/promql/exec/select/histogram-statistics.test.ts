import { expect, test } from 'vitest';
import { askEngine, loaded } from '../../../../test/support/ask-engine.ts';
import type { FloatHistogram } from '../../../model/histogram.ts';
import { createSampleColumn, type SampleColumn } from '../../../storage/query.ts';
import { functionImplementations } from '../../functions/registry.ts';
import { keepStatistics } from './histogram-statistics.ts';

function histogramOf(count: number): FloatHistogram {
  return {
    kind: 'float',
    counterResetHint: 'unknown',
    schema: 0,
    count,
    sum: count,
    zeroThreshold: 0,
    zeroCount: 0,
    positiveSpans: [{ offset: 0, length: 1 }],
    positiveCounts: [count],
    negativeSpans: [],
    negativeCounts: [],
    customValues: [],
  };
}

/** A histogram every 10 ms from 0 on, or null for a float. */
function column(counts: readonly (number | null)[]): SampleColumn {
  const samples = createSampleColumn(counts.length);
  samples.length = counts.length;
  counts.forEach((_, i) => {
    samples.times[i] = 10 * i;
  });
  samples.histograms = counts.map((count) => (count === null ? undefined : histogramOf(count)));
  return samples;
}

function hints(samples: SampleColumn): string[] {
  return samples.histograms!.map((histogram) => histogram?.counterResetHint ?? 'float');
}

test('keepStatistics() decides on counter resets and drops buckets', () => {
  const samples = column([1, 2, 1, null, 3]);
  keepStatistics(samples, { firstEnd: 20, step: 10, count: 3, range: 20 }, () => {});
  expect(hints(samples)).toEqual(['unknown', 'notReset', 'reset', 'float', 'notReset']);
  expect(samples.histograms![4]).toMatchObject({ count: 3, sum: 3, positiveSpans: [], positiveCounts: [] });
});

test.each([
  ['samples between windows', { firstEnd: 20, step: 40, count: 2, range: 15 }, 5],
  ['the last sample of a window', { firstEnd: 20, step: 30, count: 2, range: 15 }, 4],
  ['a window that ends between two samples', { firstEnd: 25, step: 30, count: 2, range: 10 }, 5],
])('keepStatistics() compares nothing over %s that the next window does not reach', (_, windows, first) => {
  const samples = column([1, 2, 3, 4, 5, 6, 7]);
  keepStatistics(samples, windows, () => {});
  const found = hints(samples);
  expect(found[first]).toBe('unknown');
  expect(found.slice(first + 1)).not.toContain('unknown');
});

test.each([
  ['a sample at the open end of the window', { firstEnd: 20, step: 30, count: 2, range: 30 }],
  ['windows without a sample between them', { firstEnd: 22, step: 20, count: 3, range: 14 }],
  ['behind the last window', { firstEnd: 20, step: 40, count: 1, range: 15 }],
  ['windows that are all the same', { firstEnd: 60, step: 0, count: 5, range: 15 }],
])('keepStatistics() compares with %s', (_, windows) => {
  const samples = column([1, 2, 3, 4, 5, 6, 7]);
  keepStatistics(samples, windows, () => {});
  expect(hints(samples).slice(1)).not.toContain('unknown');
});

test('a smoothed selector below histogram_count() has no buckets that could be mended', async () => {
  const queryable = loaded(`load 1m
    h{i="1"} {{schema:-53 sum:1 count:1 custom_values:[5 10] buckets:[1]}}+{{schema:-53 sum:2 count:2 custom_values:[5 10] buckets:[2]}}x3
    h{i="2"} {{schema:-53 sum:1 count:1 custom_values:[2] buckets:[1]}}+{{schema:-53 sum:2 count:2 custom_values:[2] buckets:[2]}}x3
  `);
  const ask = (query: string) => askEngine(query, { at: 90 }, { queryable, functions: functionImplementations });
  expect(await ask('histogram_count(sum(h smoothed))')).toMatchObject({ infos: [], series: { '{}': '8' } });
  expect((await ask('histogram_stddev(sum(h smoothed))')).infos).toHaveLength(1);
});
