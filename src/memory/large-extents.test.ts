import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { LARGE_EXTENT_BYTES_MAX, LargeExtents, largeExtentCapacity } from './large-extents.ts';

interface Piece {
  readonly extent: number;
  readonly capacity: number;
  readonly mark: number;
}

describe('LargeExtents', () => {
  it('keeps the bytes of every extent in use', () => {
    const size = fc.oneof(fc.integer({ min: 1, max: 5000 }), fc.integer({ min: 1, max: 300_000 }));
    fc.assert(
      fc.property(fc.array(fc.tuple(size, fc.nat(4)), { maxLength: 200 }), (steps) => {
        const extents = new LargeExtents();
        const live: Piece[] = [];
        for (const [i, [byteLength, choice]] of steps.entries()) {
          if (choice > 2 && live.length > 0) {
            const [gone] = live.splice(byteLength % live.length, 1);
            expect(isMarked(extents, gone!)).toBe(true);
            extents.free(gone!.extent, gone!.capacity);
            continue;
          }
          const capacity = largeExtentCapacity(byteLength);
          const piece = { extent: extents.allocate(capacity), capacity, mark: (i % 255) + 1 };
          mark(extents, piece);
          live.push(piece);
        }
        for (const piece of live) expect(isMarked(extents, piece)).toBe(true);
        expect(extents.usedBytes).toBe(live.reduce((sum, { capacity }) => sum + capacity, 0));
      }),
      { numRuns: 30 },
    );
  });

  it('holds half a slab in one piece, and no more', () => {
    const extents = new LargeExtents();
    const capacity = largeExtentCapacity(LARGE_EXTENT_BYTES_MAX);
    expect(capacity).toBe(8_388_608);
    const pieces = [1, 2, 3, 4].map((byte) => ({ extent: extents.allocate(capacity), capacity, mark: byte }));
    for (const piece of pieces) mark(extents, piece);
    expect(pieces.every((piece) => isMarked(extents, piece))).toBe(true);
    expect(() => largeExtentCapacity(LARGE_EXTENT_BYTES_MAX + 1)).toThrow('Cannot keep 8388609 bytes in one piece');
  });

  it('rounds up to 64 bytes, 4 KiB and 256 KiB', () => {
    expect([0, 1, 64, 65, 4096, 4097, 262_144, 262_145].map(largeExtentCapacity)).toEqual([
      64, 64, 64, 128, 4096, 8192, 262_144, 524_288,
    ]);
  });
});

function mark(extents: LargeExtents, { extent, capacity, mark: byte }: Piece): void {
  const offset = extents.offset(extent);
  extents.bytes(extent).fill(byte, offset, offset + capacity);
}

/** Looks at both ends and between. */
function isMarked(extents: LargeExtents, { extent, capacity, mark: byte }: Piece): boolean {
  const bytes = extents.bytes(extent);
  const offset = extents.offset(extent);
  return [0, 1, capacity >>> 1, capacity - 2, capacity - 1].every((at) => bytes[offset + at] === byte);
}
