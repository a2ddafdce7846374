import fc from 'fast-check';
import { expect, test } from 'vitest';
import { TextMap } from './text-map.ts';

test('a TextMap gives what was set last', () => {
  fc.assert(
    fc.property(
      fc.array(fc.tuple(fc.string({ maxLength: 9 }), fc.nat())),
      fc.string({ maxLength: 9 }),
      (sets, other) => {
        const map = new TextMap<number>(() => {});
        const expected = new Map<string, number>();
        for (const [key, value] of sets) {
          map.set(key, value);
          expected.set(key, value);
        }
        for (const key of [...expected.keys(), other]) expect(map.get(key)).toBe(expected.get(key));
      },
    ),
  );
});
