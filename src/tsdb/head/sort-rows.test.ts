import fc from 'fast-check';
import { expect, test } from 'vitest';
import { runInTurns } from '../../std/turns.ts';
import { byArrival } from './sort-rows.ts';

test('byArrival() gives rows in the order of their refs, and rows that are in it as they are', () => {
  fc.assert(
    fc.property(fc.uniqueArray(fc.nat(10_000), { maxLength: 600 }), (refs) => {
      const series = { ref: (row: number) => refs[row]! };
      const rows = Uint32Array.from(refs, (_, row) => row);
      const given = runInTurns(byArrival(series, rows), null);
      expect(Array.from(given, (row) => refs[row]!)).toEqual(refs.toSorted((a, b) => a - b));
      expect(runInTurns(byArrival(series, given), null)).toBe(given);
      expect(Array.from(rows)).toEqual(refs.map((_, row) => row));
    }),
  );
});
