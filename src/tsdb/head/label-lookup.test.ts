import * as fc from 'fast-check';
import { expect, it } from 'vitest';
import { HeadMemory } from './head-memory.ts';
import { LabelLookup } from './label-lookup.ts';

/** Symbols of the first series of a transaction are new, those of others are known. */
const SYMBOLS = 12;

type Step =
  | { readonly kind: 'resolve'; readonly values: readonly number[]; readonly newValues: number }
  | { readonly kind: 'delete'; readonly at: number }
  | { readonly kind: 'defer' }
  | { readonly kind: 'settle' };

const step: fc.Arbitrary<Step> = fc.oneof(
  {
    arbitrary: fc.record({
      kind: fc.constant('resolve' as const),
      values: fc.array(fc.nat(SYMBOLS), { minLength: 1, maxLength: 3 }),
      newValues: fc.nat(3),
    }),
    weight: 12,
  },
  { arbitrary: fc.record({ kind: fc.constant('delete' as const), at: fc.nat(1000) }), weight: 2 },
  { arbitrary: fc.constant({ kind: 'defer' as const }), weight: 3 },
  { arbitrary: fc.constant({ kind: 'settle' as const }), weight: 1 },
);

function emptyLookup() {
  const memory = new HeadMemory();
  const lookup = new LabelLookup(memory.labelLog, memory.series);
  const create = (entry: Uint32Array) => {
    const row = memory.series.create(memory.series.rowCount + 1, memory.labelLog.append(entry, entry.length));
    lookup.addMissing(row);
    return row;
  };
  return { lookup, create };
}

it('LabelLookup finds what a map finds, whatever waits', () => {
  fc.assert(
    fc.property(fc.array(step, { maxLength: 200 }), (steps) => {
      const { lookup, create } = emptyLookup();
      const rows = new Map<string, number>();
      /** Ids below are in use. */
      let symbols = SYMBOLS + 1;
      for (const step of steps) {
        if (step.kind === 'defer') lookup.defer(symbols);
        else if (step.kind === 'settle') lookup.settle();
        else if (step.kind === 'delete') {
          const [key, row] = [...rows][step.at % Math.max(1, rows.size)] ?? ['', -1];
          if (row >= 0) lookup.delete(row);
          rows.delete(key);
        } else {
          // The newest ids again and again, and from time to time one more.
          const values = step.values.map((value, i) => (i < step.newValues ? symbols - (value % 4) : value));
          symbols = Math.max(symbols, ...values.map((value) => value + 1));
          const entry = Uint32Array.of(values.length, ...values.flatMap((value, i) => [i + 1, value]));
          const known = rows.get(values.join());
          expect(lookup.find(entry)).toBe(known ?? -1);
          if (known === undefined) rows.set(values.join(), create(entry));
        }
      }
      lookup.settle();
      for (const [key, row] of rows) {
        const values = key.split(',').map(Number);
        expect(lookup.find(Uint32Array.of(values.length, ...values.flatMap((value, i) => [i + 1, value])))).toBe(row);
      }
      expect([...lookup.parts()].reduce((sum, { used }) => sum + used, 0)).toBe(rows.size);
    }),
    { numRuns: 300 },
  );
});

it('LabelLookup says when no further row can wait, and forgets none of those that do', () => {
  const { lookup, create } = emptyLookup();
  const entries = Array.from({ length: 10_000 }, (_, i) => Uint32Array.of(1, 1, 100 + i));
  let fills = 0;
  lookup.defer(100);
  const rows = entries.map((entry, i) => {
    expect(lookup.find(entry)).toBe(-1);
    const row = create(entry);
    if (lookup.isFull) {
      fills++;
      lookup.defer(101 + i);
    }
    return row;
  });
  expect(fills).toBe(2);
  expect(entries.map((entry) => lookup.find(entry))).toEqual(rows);
});
