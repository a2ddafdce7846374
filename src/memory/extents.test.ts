import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { EXTENT_UNIT_BYTES, EXTENT_UNITS_MAX, Extents, extentOffset, extentSlab, nextRun } from './extents.ts';

describe('Extents', () => {
  it('never hands out a unit twice, and counts what is in use', () => {
    fc.assert(
      fc.property(
        fc.array(fc.tuple(fc.integer({ min: 1, max: EXTENT_UNITS_MAX }), fc.nat(4)), { maxLength: 2000, size: 'max' }),
        (steps) => {
          const extents = new Extents();
          const live: { extent: number; units: number }[] = [];
          const owners = new Map<number, number>();
          for (const [units, choice] of steps) {
            if (choice > 1 && live.length > 0) {
              const [gone] = live.splice((units * 7919) % live.length, 1);
              for (let unit = 0; unit < gone!.units; unit++) owners.delete(gone!.extent + unit);
              extents.free(gone!.extent, gone!.units);
              continue;
            }
            const extent = extents.allocate(units);
            expect(extent).toBeGreaterThan(0);
            let taken = 0;
            for (let unit = extent; unit < extent + units; unit++) {
              if (owners.has(unit)) taken++;
              owners.set(unit, extent);
            }
            expect(taken).toBe(0);
            // Whoever has an extent may write all of it.
            const start = extentOffset(extent);
            extents.bytes[extentSlab(extent)]!.fill(0xff, start, start + units * EXTENT_UNIT_BYTES);
            live.push({ extent, units });
          }
          expect(extents.usedBytes).toBe(owners.size * EXTENT_UNIT_BYTES);
        },
      ),
      { numRuns: 30 },
    );
  });

  it('hands out the same where memory was touched ahead, and nothing that is in use changes', () => {
    const step = fc.record({
      units: fc.integer({ min: 1, max: EXTENT_UNITS_MAX }),
      choice: fc.nat(5),
      pages: fc.nat(3000),
    });
    fc.assert(
      fc.property(fc.array(step, { maxLength: 1500, size: 'max' }), (steps) => {
        const [plain, touched] = [new Extents(), new Extents()];
        const live: { extent: number; units: number }[] = [];
        for (const { choice, pages, units } of steps) {
          if (choice === 0) touched.touchAhead(pages * 1000, pages);
          if (choice > 3 && live.length > 0) {
            const [gone] = live.splice((units * 7919) % live.length, 1);
            for (const extents of [plain, touched]) extents.free(gone!.extent, gone!.units);
            continue;
          }
          const extent = plain.allocate(units);
          expect(touched.allocate(units)).toBe(extent);
          const start = extentOffset(extent);
          touched.bytes[extentSlab(extent)]!.fill(0xff, start, start + units * EXTENT_UNIT_BYTES);
          live.push({ extent, units });
        }
        for (const { extent, units } of live) {
          const start = extentOffset(extent);
          const bytes = touched.bytes[extentSlab(extent)]!.subarray(start, start + units * EXTENT_UNIT_BYTES);
          expect(bytes.every((byte) => byte === 0xff)).toBe(true);
        }
      }),
      { numRuns: 30 },
    );
  });

  it('says when all of it was touched', () => {
    const extents = new Extents();
    expect(extents.touchAhead(100 * 4096, 60)).toBe(true);
    expect(extents.touchAhead(100 * 4096, 60)).toBe(false);
    extents.allocate(1);
    expect(extents.touchAhead(2 ** 30, 4096)).toBe(false);
    expect(extents.begunBytes).toBe(2 ** 24);
  });

  it('makes large extents of small ones that were given back', () => {
    const extents = new Extents();
    const count = 100_000;
    let held = Array.from({ length: count }, () => extents.allocate(3));
    for (const [before, units] of [
      [3, 5],
      [5, 8],
      [8, 13],
      [13, 20],
    ] as const) {
      held = held.map((extent) => {
        const larger = extents.allocate(units);
        extents.free(extent, before);
        return larger;
      });
    }
    expect(extents.usedBytes).toBe(count * 20 * EXTENT_UNIT_BYTES);
    // Without it the small ones alone would be 46 MB more.
    expect(extents.begunBytes).toBeLessThan(extents.usedBytes + 2 * 16 * 2 ** 20);
  });

  it('holds little more than is used where each extent grows at its own pace', () => {
    const extents = new Extents();
    const count = 60_000;
    const units = new Uint8Array(count).fill(3);
    const held = Array.from({ length: count }, () => extents.allocate(3));
    let most = 0;
    for (let turn = 0; turn < 120; turn++) {
      for (let i = turn % 2; i < count; i += 1 + ((i * 7 + turn) % 11)) {
        const grown = units[i]! >= 30 ? 3 : units[i]! + (units[i]! >>> 2) + 1;
        const moved = extents.allocate(grown);
        extents.free(held[i]!, units[i]!);
        held[i] = moved;
        units[i] = grown;
      }
      most = Math.max(most, extents.usedBytes);
    }
    expect(extents.usedBytes).toBe(units.reduce((sum, size) => sum + size, 0) * EXTENT_UNIT_BYTES);
    expect(extents.begunBytes).toBeLessThan(1.3 * most + 16 * 2 ** 20);
  });

  it('keeps the last unit of a slab and the first of the next apart', () => {
    const extents = new Extents();
    const all = Array.from({ length: 40_000 }, () => extents.allocate(EXTENT_UNITS_MAX));
    for (const extent of all) {
      expect(extentOffset(extent) + EXTENT_UNITS_MAX * EXTENT_UNIT_BYTES).toBeLessThanOrEqual(16 * 2 ** 20);
    }
    for (const extent of all) extents.free(extent, EXTENT_UNITS_MAX);
    expect(extents.usedBytes).toBe(0);
    const again = new Set(Array.from({ length: 40_000 }, () => extents.allocate(EXTENT_UNITS_MAX)));
    expect(again.size).toBe(40_000);
    expect(extents.begunBytes).toBeLessThanOrEqual(3 * 16 * 2 ** 20);
  });

  it('puts runs where nextRun() says, within one slab each, and gives what is between to others', () => {
    const extents = new Extents();
    const slabUnits = 2 ** 20;
    let end = 0;
    let used = 0;
    const sizes = [1, 5, slabUnits - 10, 3, 1, 100, slabUnits - 101, 1, slabUnits - 1, 7, slabUnits - 3];
    for (const units of sizes) {
      const run = extents.allocateRun(units);
      expect(run).toBe(nextRun(end, units));
      expect(Math.floor(run / slabUnits)).toBe(Math.floor((run + units - 1) / slabUnits));
      end = run + units;
      used += units;
    }
    expect(extents.usedBytes).toBe(used * EXTENT_UNIT_BYTES);
    // Behind what is left of the last slab comes what was left of the one before.
    expect([3, 3].map((units) => Math.floor(extents.allocate(units) / slabUnits))).toEqual([4, 3]);
  });

  it('fresh() tells where allocate() goes on, and nothing where that uses what was given back', () => {
    const extents = new Extents();
    const range = { from: 0, to: 0 };
    extents.fresh(range);
    expect(range.to).toBe(range.from);
    const first = extents.allocate(5);
    extents.fresh(range);
    expect(range).toEqual({ from: first + 5, to: 2 ** 20 });
    extents.takeFresh(range.from + 7);
    expect(extents.usedBytes).toBe(12 * EXTENT_UNIT_BYTES);
    const next = extents.allocate(3);
    expect(next).toBe(first + 12);
    extents.free(first, 5);
    extents.fresh(range);
    expect(range.to).toBe(range.from);
    expect(extents.allocate(5)).toBe(first);
    extents.fresh(range);
    expect(range).toEqual({ from: first + 15, to: 2 ** 20 });
  });

  it('reserve() makes memory for the worst case', () => {
    const extents = new Extents();
    extents.reserve(40 * 2 ** 20);
    const slabs = extents.buffers.length;
    for (let i = 0; i < 40 * 1024; i++) extents.allocate(EXTENT_UNITS_MAX);
    expect(extents.buffers.length).toBe(slabs);
  });
});
