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

test('what is no whole selection, or a very long one, is not known', () => {
  const selections = new ThreadSelections();
  expect(selections.of(snapshot(0, 10))).toBeNull();
  expect(selections.of(snapshot(1, 100_000))).toBeNull();
});
