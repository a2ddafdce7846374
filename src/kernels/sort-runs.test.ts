import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { sortRuns } from './sort-runs.ts';

describe('sortRuns()', () => {
  it('sorts what Uint32Array.sort() sorts, in few runs and in many', () => {
    fc.assert(
      fc.property(
        fc.array(fc.array(fc.nat(0xffffffff), { maxLength: 40 }), { maxLength: 12 }),
        fc.boolean(),
        (lists, rise) => {
          const runs = rise ? lists.map((list) => [...list].sort((a, b) => a - b)) : lists;
          const list = Uint32Array.from(runs.flat());
          const expected = list.slice().sort();
          sortRuns(list);
          expect(list).toEqual(expected);
        },
      ),
      { numRuns: 300 },
    );
  });
});
