import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { FloatHistogram } from '../model/histogram.ts';
import { mergeIntoColumn, sortColumn, timeOrder } from './merge-columns.ts';
import { createSampleColumn, type SampleColumn } from './query.ts';

function columnOf(times: readonly number[]): SampleColumn {
  const column = createSampleColumn(times.length);
  for (const [i, time] of times.entries()) {
    column.times[i] = time;
    column.values[i] = i;
  }
  column.length = times.length;
  return column;
}

function samplesOf({ length, times, values }: SampleColumn): [number, number][] {
  return Array.from({ length }, (_, i) => [times[i]!, values[i]!]);
}

const HISTOGRAM = { kind: 'float', counterResetHint: 'notReset' } as FloatHistogram;

describe('sortColumn()', () => {
  it('sorts any runs, and of equal times the first stays', () => {
    fc.assert(
      fc.property(fc.array(fc.integer({ min: 0, max: 60 }), { maxLength: 200 }), (times) => {
        const column = columnOf(times);
        sortColumn(column, createSampleColumn(0));
        const first = new Map<number, number>();
        for (const [i, time] of times.entries()) if (!first.has(time)) first.set(time, i);
        expect(samplesOf(column)).toEqual([...first].sort(([a], [b]) => a - b));
      }),
    );
  });

  it('knows nothing of a counter reset where samples of different places meet', () => {
    const column = columnOf([10, 20, 15, 16]);
    column.histograms = [HISTOGRAM, HISTOGRAM, HISTOGRAM, HISTOGRAM];
    sortColumn(column, createSampleColumn(0));
    const hints = column.histograms.map((histogram) => histogram?.counterResetHint);
    expect(hints).toEqual(['unknown', 'unknown', 'notReset', 'unknown']);
  });
});

describe('timeOrder()', () => {
  it('is null where times rise already', () => {
    expect(timeOrder(Float64Array.of(1, 2, 5), 3)).toBeNull();
    expect(timeOrder(Float64Array.of(1, 1), 2)).toEqual(Uint32Array.of(0, 1));
  });
});

describe('mergeIntoColumn()', () => {
  it('keeps what is known of counter resets inside a run alone', () => {
    const column = columnOf([10, 20, 30]);
    column.histograms = [HISTOGRAM, HISTOGRAM, HISTOGRAM];
    const other = columnOf([20, 25]);
    other.histograms = [HISTOGRAM, HISTOGRAM];
    mergeIntoColumn(column, other, createSampleColumn(0));
    expect(samplesOf(column).map(([time]) => time)).toEqual([10, 20, 25, 30]);
    const hints = column.histograms.map((histogram) => histogram?.counterResetHint);
    expect(hints).toEqual(['unknown', 'notReset', 'unknown', 'unknown']);
  });
});
