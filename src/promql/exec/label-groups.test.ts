import fc from 'fast-check';
import { expect, test } from 'vitest';
import { labelsFromObject } from '../../model/labels.ts';
import { LabelGroups } from './label-groups.ts';

const UNCOUNTED = { takeBytes() {}, giveBack() {}, spend() {} };

test('LabelGroups gives equal numbers exactly to what agrees in the labels that pass', () => {
  const text = fc.constantFrom('', 'a', 'b', 'ab', 'ba', 'aa');
  const name: fc.Arbitrary<string> = fc.constantFrom('a', 'b', 'ab', 'x', 'y');
  const sets = fc.array(fc.dictionary(name, text).map(labelsFromObject), { maxLength: 200 });
  fc.assert(
    fc.property(sets, fc.uniqueArray(name), (labelSets, wanted) => {
      const groups = new LabelGroups((each) => wanted.includes(each), UNCOUNTED);
      const known = new Map<string, number>();
      for (const labels of labelSets) {
        const key = JSON.stringify(
          labels.pairs.flatMap((_, i, all) => (i % 2 === 0 && wanted.includes(all[i]!) ? [all[i], all[i + 1]] : [])),
        );
        if (!known.has(key)) known.set(key, known.size);
        expect(groups.numberOf(labels)).toBe(known.get(key));
      }
      expect(groups.size).toBe(known.size);
    }),
  );
});

test('LabelGroups takes many sets', () => {
  const groups = new LabelGroups(() => true, UNCOUNTED);
  for (let round = 0; round < 2; round++) {
    for (let i = 0; i < 5000; i++) expect(groups.numberOf(labelsFromObject({ a: `${i}`, b: `${i % 7}` }))).toBe(i);
  }
});

test('LabelGroups knows more texts than one map takes', () => {
  const groups = new LabelGroups(() => true, UNCOUNTED);
  for (let round = 0; round < 2; round++) {
    for (let i = 0; i < 300_000; i++) {
      if (groups.numberOf(labelsFromObject({ a: `${i}` })) !== i) expect.fail(`set ${i}`);
    }
  }
  expect(groups.size).toBe(300_000);
});
