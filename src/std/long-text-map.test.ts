import fc from 'fast-check';
import { expect, it } from 'vitest';
import { LongTextMap } from './long-text-map.ts';

it('LongTextMap finds what was added', () => {
  const text = fc.tuple(fc.nat({ max: 5 }), fc.string({ maxLength: 3 }), fc.nat({ max: 300 }));
  fc.assert(
    fc.property(fc.array(text), (parts) => {
      const map = new LongTextMap<number>(() => {});
      const known = new Map<string, number>();
      for (const [i, [count, middle, after]] of parts.entries()) {
        const each = 'ab'.repeat(count * 100) + middle + 'c'.repeat(after);
        expect(map.get(each)).toBe(known.get(each));
        known.set(each, i);
        map.set(each, i);
      }
    }),
  );
});

it('LongTextMap compares few of many texts that are equally long', () => {
  let compared = 0;
  const map = new LongTextMap<number>(() => compared++);
  const texts = Array.from({ length: 200 }, (_, i) => `${'x'.repeat(20_000)}${String(i).padStart(3, '0')}`);
  texts.forEach((text, i) => {
    map.set(text, i);
  });
  texts.forEach((text, i) => {
    expect(map.get(text)).toBe(i);
  });
  expect(compared).toBeLessThan(450);
});
