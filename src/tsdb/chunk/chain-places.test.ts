import fc from 'fast-check';
import { expect, test } from 'vitest';
import { ChainPlaces } from './chain-places.ts';

/** Chains as lists, newest first; chunk numbers are given from 1 on, row after row. */
function chains(lengths: readonly number[]) {
  let next = 1;
  let steps = 0;
  const rows = lengths.map((length) => Array.from({ length }, () => next++));
  const older = (chunk: number): number => {
    steps++;
    for (const row of rows) {
      const at = row.indexOf(chunk);
      if (at >= 0) return row[at + 1] ?? 0;
    }
    return 0;
  };
  return {
    rows,
    places: new ChainPlaces({ older }, (row) => rows[row]![0] ?? 0),
    newChunk: () => next++,
    stepsTaken: () => steps,
  };
}

test('ChainPlaces finds each chunk behind the next newer one, and no other, while chunks are replaced', () => {
  const lengths = fc.array(fc.oneof(fc.nat(5), fc.integer({ min: 60, max: 150 })), { minLength: 1, maxLength: 4 });
  const choices = fc.array(fc.tuple(fc.nat(), fc.nat(), fc.boolean()), { maxLength: 60 });
  fc.assert(
    fc.property(lengths, choices, (lengthsOfRows, asked) => {
      const { newChunk, places, rows } = chains(lengthsOfRows);
      for (const [rowChoice, chunkChoice, replaces] of asked) {
        const row = rowChoice % rows.length;
        const chain = rows[row]!;
        const at = chain.length === 0 ? 0 : chunkChoice % chain.length;
        if (chain.length === 0) {
          expect(places.newer(row, 1_000_000)).toBeNull();
          continue;
        }
        expect(places.newer(row, chain[at]!)).toBe(at === 0 ? 0 : chain[at - 1]);
        if (!replaces) continue;
        const replaced = chain[at]!;
        const by = newChunk();
        chain[at] = by;
        places.replace(row, replaced, by);
        expect(places.newer(row, replaced)).toBeNull();
        expect(places.newer(row, by)).toBe(at === 0 ? 0 : chain[at - 1]);
      }
      rows.forEach((chain, row) => {
        expect(chain.map((chunk) => places.newer(row, chunk))).toEqual(chain.map((_, at) => chain[at - 1] ?? 0));
      });
    }),
  );
});

test('ChainPlaces walks a long chain once, however many of its chunks are looked for', () => {
  const { places, rows, stepsTaken } = chains([2000]);
  for (const chunk of [...rows[0]!].reverse()) expect(places.newer(0, chunk)).not.toBeNull();
  expect(stepsTaken()).toBeLessThan(2200);
});
