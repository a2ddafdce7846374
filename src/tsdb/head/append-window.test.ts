import { describe, expect, it } from 'vitest';
import { createSampleBatch, type HistogramEntry, type SampleBatch } from '../../storage/append.ts';
import { AppendWindow } from './append-window.ts';

const RANGE = 7_200_000;

describe('AppendWindow', () => {
  it('begins half a range before the newest sample of the head, but not before what is in blocks', () => {
    expect(new AppendWindow(stateOf(-Infinity, 10_000_000), RANGE).minTime).toBe(6_400_000);
    expect(new AppendWindow(stateOf(8_000_000, 10_000_000), RANGE).minTime).toBe(8_000_000);
  });

  it('stays where the head was when the transaction began', () => {
    const window = new AppendWindow(stateOf(-Infinity, 10_000_000), RANGE);
    window.begin(batchOf([20_000_000]));
    expect([window.minTime, window.newest]).toEqual([6_400_000, 10_000_000]);
  });

  it('of an empty head follows the first time that can be one, a histogram only where no float has any', () => {
    const window = new AppendWindow(stateOf(-Infinity, -Infinity), RANGE);
    expect([window.minTime, window.newest]).toEqual([-Infinity, -Infinity]);
    window.begin(batchOf([Number.NaN, 2 ** 60, 1.5]));
    expect(window.newest).toBe(-Infinity);
    window.begin(batchOf([Number.NaN, 10_000_000, 30_000_000], [1]));
    expect([window.minTime, window.newest]).toEqual([6_400_000, 10_000_000]);

    const histograms = new AppendWindow(stateOf(5, -Infinity), RANGE);
    expect(histograms.minTime).toBe(5);
    histograms.begin(batchOf([], [2 ** 60, 9_000_000]));
    expect([histograms.minTime, histograms.newest]).toEqual([5_400_000, 9_000_000]);
  });
});

function stateOf(minValidTime: number, maxTime: number) {
  return { minValidTime, maxTime };
}

function batchOf(times: readonly number[], histogramTimes: readonly number[] = []): SampleBatch {
  const batch = createSampleBatch(times.length);
  batch.length = times.length;
  batch.times.set(times);
  batch.histograms = histogramTimes.map((time) => ({ ref: 1, time }) as HistogramEntry);
  return batch;
}
