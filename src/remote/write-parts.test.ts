import { expect, test } from 'vitest';
import { createSampleBatch, type HistogramEntry } from '../storage/append.ts';
import { partInOrder } from './write-parts.ts';

const histogram = (time: number) => ({ ref: 1, time }) as HistogramEntry;

function floats(...times: number[]) {
  const batch = createSampleBatch(times.length);
  times.forEach((time, row) => {
    batch.refs[row] = 1;
    batch.times[row] = time;
    batch.values[row] = 10 * time;
  });
  batch.length = times.length;
  return batch;
}

test('partInOrder() leaves a batch alone where no series has floats behind histograms', () => {
  const batch = floats(1, 2);
  expect(partInOrder(batch, [{ ref: 1, floats: 2, histograms: [histogram(3)] }])).toEqual([batch]);
});

test('partInOrder() begins a part where a series goes on with floats', () => {
  const parts = partInOrder(floats(1, 3, 5), [
    { ref: 1, floats: 1, histograms: [histogram(2)] },
    { ref: 1, floats: 1, histograms: [histogram(4)] },
    { ref: 1, floats: 1, histograms: [] },
  ]);
  expect(parts.map(({ histograms, length, times, values }) => [length, [...times], [...values], histograms])).toEqual([
    [1, [1], [10], [histogram(2)]],
    [1, [3], [30], [histogram(4)]],
    [1, [5], [50], []],
  ]);
});

test('partInOrder() takes more histograms of a series than a call takes arguments', () => {
  const many = Array.from({ length: 300_000 }, (_, i) => histogram(i));
  const parts = partInOrder(floats(1), [
    { ref: 1, floats: 0, histograms: many },
    { ref: 1, floats: 1, histograms: [] },
  ]);
  expect(parts.map(({ histograms }) => histograms.length)).toEqual([many.length, 0]);
});
