import fc from 'fast-check';
import { expect, test } from 'vitest';
import { Labels } from '../../model/labels.ts';
import { KeptLabels } from './kept-labels.ts';

test('KeptLabels gives the labels of the row and block that it is asked for', () => {
  const kept = new KeptLabels();
  const blocks = [kept.enter(), kept.enter(), kept.enter()];
  expect(new Set(blocks).size).toBe(3);
  const of = (block: number) => (row: number) => new Labels(['block', String(block), 'row', String(row)]);
  // Few slots apart, so that rows push each other out.
  const rows = fc.oneof(fc.nat(50), fc.nat(2 ** 32 - 1));
  fc.assert(
    fc.property(fc.array(fc.tuple(fc.constantFrom(...blocks), rows), { size: 'large' }), (asked) => {
      for (const [block, row] of [...asked, ...asked]) {
        expect(kept.get(block, row, of(block)).pairs).toEqual(of(block)(row).pairs);
      }
    }),
  );
  const first = kept.get(0, 7, of(0));
  expect(kept.get(0, 7, of(0))).toBe(first);
});
