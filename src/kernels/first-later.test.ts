import fc from 'fast-check';
import { expect, test } from 'vitest';
import { firstLater } from './first-later.ts';

test('firstLater() finds what a scan finds', () => {
  fc.assert(
    fc.property(
      fc.array(fc.integer({ min: 0, max: 400 }), { maxLength: 300 }),
      fc.nat(300),
      fc.integer({ min: -5, max: 410 }),
      (list, from, time) => {
        const times = Float64Array.from(list).sort();
        const start = Math.min(from, times.length);
        let expected = start;
        while (expected < times.length && times[expected]! <= time) expected++;
        expect(firstLater(times, start, times.length, time)).toBe(expected);
      },
    ),
  );
});
