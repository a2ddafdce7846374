import fc from 'fast-check';
import { expect, test } from 'vitest';
import { labelsFromObject } from '../model/labels.ts';
import { labelsJson } from './json.ts';
import { writeLabels } from './label-sets-list.ts';

const text = fc.oneof(
  fc.string({ maxLength: 8 }),
  fc.constantFrom('~', ' ', '\x7f', '"', '\\', 'é', '<&>', '\u{10000}'),
);

test('writeLabels() writes plain label sets as labelsJson() has them, and no others', () => {
  fc.assert(
    fc.property(fc.dictionary(text, text), fc.boolean(), fc.nat(200), (object, isNext, room) => {
      const labels = labelsFromObject(object);
      const wanted = Buffer.from((isNext ? ',' : '') + labelsJson(labels));
      const isPlain = labels.pairs.every((part) => /^[ !#-[\]-~]*$/.test(part));
      const into = new Uint8Array(room + 5);
      const end = writeLabels(labels, into, 5, isNext);
      if (end < 0) expect(isPlain && room >= wanted.length + 3).toBe(false);
      else expect([isPlain, Buffer.from(into.subarray(5, end))]).toEqual([true, wanted]);
    }),
    { numRuns: 1000 },
  );
});
