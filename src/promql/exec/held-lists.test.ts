import { expect, test } from 'vitest';
import { HeldLists } from './held-lists.ts';

test('HeldLists holds a list until it is let go of, in any order', () => {
  const held = new HeldLists();
  const [a, b, c] = [[1], [2], [3]].map((list) => held.hold(list)) as [number, number, number];
  held.letGo(a);
  expect([held.has(a), held.has(b), held.has(c)]).toEqual([false, true, true]);
  held.letGo(c);
  held.letGo(b);
  expect([a, b, c].map((place) => held.has(place))).toEqual([false, false, false]);
  expect(held.hold([4])).toBe(a);
});
