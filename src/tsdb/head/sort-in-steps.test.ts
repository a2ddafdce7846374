import fc from 'fast-check';
import { expect, it } from 'vitest';
import { runInTurns } from '../../std/turns.ts';
import { sortInSteps } from './sort-in-steps.ts';

it('sorts as the platform does, over one run and over many', () => {
  fc.assert(
    fc.property(fc.nat(20_000), fc.integer(), (length, seed) => {
      // Distinct numbers in an order that depends on the seed.
      const entries = Uint32Array.from({ length }, (_, i) => Math.imul(i + 1, seed | 1) >>> 0);
      const expected = entries.slice().sort((a, b) => b - a);
      const sorted = runInTurns(
        sortInSteps(entries, (a, b) => b - a),
        null,
      );
      expect(sorted).toEqual(expected);
    }),
    { numRuns: 50 },
  );
});
