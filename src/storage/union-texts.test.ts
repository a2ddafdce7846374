import fc from 'fast-check';
import { expect, test } from 'vitest';
import { compareUtf8 } from '../model/utf8.ts';
import { unionOf } from './union-texts.ts';

const text = fc.oneof(fc.string({ maxLength: 2 }), fc.constantFrom('\ue000', '\u{10000}', 'a\ue000', 'a\u{10000}'));
const lists = fc.array(
  fc.uniqueArray(text, { maxLength: 60 }).map((list) => list.sort(compareUtf8)),
  { maxLength: 12 },
);

test('unionOf() gives each text once and in order, as many as the limit lets', () => {
  fc.assert(
    fc.property(lists, fc.nat(40), (sorted, limit) => {
      const all = [...new Set(sorted.flat())].sort(compareUtf8);
      expect(unionOf(sorted, limit)).toEqual(limit > 0 ? all.slice(0, limit) : all);
    }),
  );
});

test('lists longer than a step', () => {
  const numbers = (by: number) => Array.from({ length: 10_000 }, (_, i) => String(by * i).padStart(6, '0'));
  const union = unionOf([numbers(2), numbers(3), ['000001']], 0);
  expect(union).toEqual([...new Set([...numbers(2), ...numbers(3), '000001'])].sort());
});
