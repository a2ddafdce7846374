import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import {
  countMarked,
  dropMarked,
  gallop,
  intersectSorted,
  keepMarked,
  markedRows,
  markRows,
  subtractSorted,
} from './sorted-sets.ts';

const rows = fc
  .oneof(
    fc.uniqueArray(fc.integer({ min: 0, max: 60 }), { maxLength: 40 }),
    fc.uniqueArray(fc.integer({ min: 0, max: 5000 }), { maxLength: 400, size: 'max' }),
  )
  .map((list) => Uint32Array.from(list).sort());

describe('sorted sets', () => {
  it('intersects and subtracts as plain sets do', () => {
    fc.assert(
      fc.property(rows, rows, (a, b) => {
        const inB = new Set(b);
        const out = new Uint32Array(a.length + b.length);
        expect([...out.subarray(0, intersectSorted(a, a.length, b, b.length, out))]).toEqual(
          [...a].filter((row) => inB.has(row)),
        );
        expect([...out.subarray(0, subtractSorted(a, a.length, b, b.length, out))]).toEqual(
          [...a].filter((row) => !inB.has(row)),
        );
      }),
      { numRuns: 500 },
    );
  });

  it('may write over the first input', () => {
    fc.assert(
      fc.property(rows, rows, (a, b) => {
        const inB = new Set(b);
        const both = a.slice();
        expect([...both.subarray(0, intersectSorted(both, a.length, b, b.length, both))]).toEqual(
          [...a].filter((row) => inB.has(row)),
        );
        const rest = a.slice();
        expect([...rest.subarray(0, subtractSorted(rest, a.length, b, b.length, rest))]).toEqual(
          [...a].filter((row) => !inB.has(row)),
        );
      }),
      { numRuns: 500 },
    );
  });

  it('marks, counts, keeps and drops rows of a bitmap', () => {
    fc.assert(
      fc.property(rows, rows, (a, b) => {
        const bitmap = new Uint32Array(160);
        markRows(bitmap, b, b.length);
        expect(countMarked(bitmap)).toBe(b.length);
        const out = new Uint32Array(Math.max(a.length, b.length));
        expect([...out.subarray(0, markedRows(bitmap, out))]).toEqual([...b]);
        const inB = new Set(b);
        expect([...out.subarray(0, keepMarked(a, a.length, bitmap, out))]).toEqual(
          [...a].filter((row) => inB.has(row)),
        );
        expect([...out.subarray(0, dropMarked(a, a.length, bitmap, out))]).toEqual(
          [...a].filter((row) => !inB.has(row)),
        );
      }),
      { numRuns: 300 },
    );
  });

  it('gallop() finds the first row that is not smaller', () => {
    fc.assert(
      fc.property(rows, fc.nat(400), fc.integer({ min: 0, max: 5100 }), (list, from, wanted) => {
        const start = Math.min(from, list.length);
        let expected = start;
        while (expected < list.length && list[expected]! < wanted) expected++;
        expect(gallop(list, start, list.length, wanted)).toBe(expected);
      }),
    );
  });
});
