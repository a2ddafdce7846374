import fc from 'fast-check';
import { expect, test } from 'vitest';
import { labelsFromObject } from '../../../model/labels.ts';
import { resultLabels } from './result-labels.ts';

test('resultLabels() takes the same labels over, however many names are in the list', () => {
  const name = fc.constantFrom('__name__', 'a', 'b', 'c', 'd');
  const labels = fc.dictionary(name, fc.constantFrom('', '1', '2')).map(labelsFromObject);
  fc.assert(
    fc.property(labels, labels, fc.array(name, { maxLength: 4 }), fc.boolean(), (many, one, include, dropsMetric) => {
      const take = (names: readonly string[]) => {
        const matching = {
          card: 'many-to-one',
          on: true,
          include: names,
          matchingLabels: [],
          fillLeft: null,
          fillRight: null,
        } as const;
        return String(resultLabels(many, one, matching, new Set(), new Set(names), dropsMetric));
      };
      // Names that no series has make the list long.
      const others = Array.from({ length: 20 }, (_, i) => `x${i}`);
      expect(take([...others, ...include, ...include])).toBe(take(include));
    }),
  );
});
