import { describe, expect, test } from 'vitest';
import { createSampleColumn, type SampleColumn } from '../../storage/query.ts';
import { KnownTimes } from './known-times.ts';

function columnOf(times: readonly number[]): SampleColumn {
  const column = createSampleColumn(times.length);
  column.times.set(times);
  column.length = times.length;
  return column;
}

function answersTo(columns: readonly SampleColumn[], windowCount = 100): boolean[] {
  let taken = 0;
  const known = new KnownTimes(windowCount, { takeBytes: (bytes: number) => void (taken += bytes) });
  const answers = columns.map((column) => known.areThoseOf(column));
  expect(taken).toBeLessThanOrEqual(2 * 8 * 4096);
  return answers;
}

describe('KnownTimes', () => {
  test('compares each series with the one before', () => {
    const a = columnOf([1, 2, 3]);
    const b = columnOf([1, 2, 4]);
    expect(answersTo([a, a, b, b, a])).toEqual([false, true, false, true, false]);
  });

  test('sees the times and not the array: a column is filled anew for each series', () => {
    const column = columnOf([1, 2, 3]);
    const known = new KnownTimes(100, { takeBytes: () => {} });
    expect(known.areThoseOf(column)).toBe(false);
    column.times[1] = 2.5;
    expect(known.areThoseOf(column)).toBe(false);
    expect(known.areThoseOf(column)).toBe(true);
  });

  test('tells the beginning of a series from the whole of it', () => {
    expect(answersTo([columnOf([1, 2, 3]), columnOf([1, 2]), columnOf([1, 2, 3])])).toEqual([false, false, false]);
  });

  test('does not look at every series where all have times of their own, and sees when that changes', () => {
    const own = Array.from({ length: 40 }, (_, i) => columnOf([i, i + 1]));
    const shared = columnOf([7, 9]);
    const answers = answersTo([...own, ...Array.from({ length: 80 }, () => shared)]);
    expect(answers.slice(0, 41)).not.toContain(true);
    expect(answers.slice(-10)).toEqual(Array.from({ length: 10 }, () => true));
  });

  test('keeps nothing of long series, and nothing where there are few windows', () => {
    const long = columnOf(Array.from({ length: 5000 }, (_, i) => i));
    const short = columnOf([1]);
    expect(answersTo([long, long, short, short])).toEqual([false, false, false, true]);
    expect(answersTo([short, short], 1)).toEqual([false, false]);
  });
});
