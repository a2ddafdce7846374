import { describe, expect, test } from 'vitest';
import { Labels } from '../../../model/labels.ts';
import { createSampleColumn, reserveSampleColumn, type SampleColumn, type SeriesSet } from '../../../storage/query.ts';
import type { QueryBudget } from '../budget.ts';
import { KeptSamples } from './kept-samples.ts';

/** Series of these lengths, sample i of row r at r + i with the value r * i; counts what is read. */
class CountedSet implements SeriesSet {
  readonly warnings: readonly string[] = [];
  readonly #lengths: readonly number[];
  reads = 0;

  constructor(lengths: readonly number[]) {
    this.#lengths = lengths;
  }

  get length(): number {
    return this.#lengths.length;
  }

  labels(): Labels {
    return Labels.EMPTY;
  }

  read(row: number, into: SampleColumn): void {
    this.reads++;
    const length = this.#lengths[row]!;
    into.length = 0;
    reserveSampleColumn(into, length);
    for (let i = 0; i < length; i++) {
      into.times[i] = row + i;
      into.values[i] = row * i;
    }
    into.length = length;
  }
}

const LENGTHS = Array.from({ length: 300 }, (_, row) => (row * 37) % 500).concat([40_000, 0, 1, 16_384, 16_385]);

function kept(set: SeriesSet, readers: number, bytesMax = Number.POSITIVE_INFINITY): KeptSamples {
  let taken = 0;
  const tryBytes = (bytes: number): boolean => {
    taken += bytes;
    return taken <= bytesMax;
  };
  const giveBack = (bytes: number) => {
    taken -= bytes;
    expect(taken).toBeGreaterThanOrEqual(0);
  };
  return new KeptSamples(set, readers, { tryBytes, giveBack } as unknown as QueryBudget);
}

function check(column: SampleColumn, row: number): void {
  expect(column.length).toBe(LENGTHS[row]);
  for (let i = 0; i < column.length; i++) {
    if (column.times[i] !== row + i || column.values[i] !== row * i) expect.fail(`sample ${i} of row ${row} differs`);
  }
}

describe('KeptSamples', () => {
  test('gives readers that come one after the other what was read once', () => {
    const set = new CountedSet(LENGTHS);
    const samples = kept(set, 3);
    const column = createSampleColumn(0);
    for (let reader = 0; reader < 3; reader++) {
      for (let row = 0; row < set.length; row++) {
        samples.read(row, column);
        check(column, row);
      }
    }
    expect(set.reads).toBe(set.length);
  });

  test('gives readers that come side by side what was read once', () => {
    const set = new CountedSet(LENGTHS);
    const samples = kept(set, 2);
    const [first, second] = [createSampleColumn(0), createSampleColumn(0)];
    for (let row = 0; row < set.length; row++) {
      samples.read(row, first);
      samples.read(row, second);
      check(first, row);
      check(second, row);
    }
    expect(set.reads).toBe(set.length);
  });

  test('reads again what there was no room for', () => {
    const set = new CountedSet(LENGTHS);
    const samples = kept(set, 2, 600 * 1024);
    const column = createSampleColumn(0);
    for (let reader = 0; reader < 2; reader++) {
      for (let row = 0; row < set.length; row++) {
        samples.read(row, column);
        check(column, row);
      }
    }
    expect(set.reads).toBeGreaterThan(set.length);
    expect(set.reads).toBeLessThan(2 * set.length);
  });
});
