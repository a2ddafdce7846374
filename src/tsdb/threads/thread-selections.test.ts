import { expect, test } from 'vitest';
import type { HeadSnapshot } from '../head/head-snapshot.ts';
import { ThreadSelections } from './thread-selections.ts';

const snapshot = (selection: number, length: number): HeadSnapshot =>
  ({ selection, rows: new Uint32Array(length) }) as Partial<HeadSnapshot> as HeadSnapshot;

test('a selection is the same object for its number, as long as it was not forgotten for others', () => {
  const selections = new ThreadSelections();
  const first = selections.of(snapshot(1, 10))!;
  expect(first.rows).toHaveLength(10);
  expect(selections.of(snapshot(1, 10))).toBe(first);
  const second = selections.of(snapshot(2, 10));
  expect(second).not.toBe(first);
  for (let number = 3; number < 40; number++) {
    selections.of(snapshot(number, 4000));
    expect(selections.of(snapshot(1, 10))).toBe(first);
  }
  expect(selections.of(snapshot(2, 10))).not.toBe(second);
});

test('of selections without rows there are not any number', () => {
  const selections = new ThreadSelections();
  const first = selections.of(snapshot(1, 0));
  for (let number = 2; number < 4000; number++) selections.of(snapshot(number, 0));
  expect(selections.of(snapshot(1, 0))).not.toBe(first);
});

test('rows that lie in a longer buffer are taken out of it', () => {
  const rows = new Uint32Array(1000).subarray(10, 20);
  const { rows: kept } = new ThreadSelections().of({ ...snapshot(1, 0), rows })!;
  expect(kept).toEqual(rows);
  expect(kept.buffer.byteLength).toBe(40);
});

test('what is no whole selection, or a very long one, is not known', () => {
  const selections = new ThreadSelections();
  expect(selections.of(snapshot(0, 10))).toBeNull();
  expect(selections.of(snapshot(1, 100_000))).toBeNull();
});
