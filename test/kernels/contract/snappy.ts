import fc from 'fast-check';
import SnappyJS from 'snappyjs';
import { describe, expect, it } from 'vitest';

export interface SnappyKernels {
  readonly tableLength: number;
  encode(source: Uint8Array, start: number, end: number, target: Uint8Array, at: number, table: Uint16Array): number;
  encodedSizeMax(size: number): number;
  decode(source: Uint8Array, start: number, end: number, target: Uint8Array, at: number, limit: number): number;
  decodedSize(source: Uint8Array, start: number, end: number): number;
}

/** Text-like, repetitive, random and run-length bytes: everything an encoder decides on. */
const contents = fc.oneof(
  fc.uint8Array({ maxLength: 2000 }),
  fc.array(fc.constantFrom('up{job="', 'a', 'instance="1', '\0\0\0\0', 'zz'), { maxLength: 2000 }).map(bytesOf),
  fc.tuple(fc.uint8Array({ minLength: 1, maxLength: 20 }), fc.nat(5000)).map(([unit, size]) => repeated(unit, size)),
  fc
    .tuple(fc.uint8Array({ minLength: 100, maxLength: 3000 }), fc.nat(70_000))
    .map(([unit, gap]) => Uint8Array.of(...unit, ...new Uint8Array(gap), ...unit)),
);

function bytesOf(texts: readonly string[]): Uint8Array {
  return new TextEncoder().encode(texts.join(''));
}

function repeated(unit: Uint8Array, size: number): Uint8Array {
  return Uint8Array.from({ length: size }, (_, i) => unit[i % unit.length]!);
}

/** As `toEqual`, for large arrays. */
function expectSame(found: Uint8Array | number, bytes: Uint8Array): void {
  expect(typeof found === 'number' ? found : Buffer.compare(found, bytes)).toBe(0);
}

/** What every implementation of the snappy block format must do; `snappyjs` is the oracle. */
export function snappyContract(kernels: SnappyKernels): void {
  const table = new Uint16Array(kernels.tableLength).fill(0xbeef);

  function encoded(bytes: Uint8Array, lead = 0): Uint8Array {
    const room = kernels.encodedSizeMax(bytes.length);
    const source = new Uint8Array(lead + bytes.length + 3).fill(0xaa);
    source.set(bytes, lead);
    const target = new Uint8Array(lead + room + 8).fill(0xee);
    const end = kernels.encode(source, lead, lead + bytes.length, target, lead, table);
    expect(end).toBeLessThanOrEqual(lead + room);
    expect(target.subarray(0, lead).every((byte) => byte === 0xee)).toBe(true);
    expect(target.subarray(lead + room).every((byte) => byte === 0xee)).toBe(true);
    return target.slice(lead, end);
  }

  /** Decodes into a place that must not be left; a negative code or the bytes. */
  function decoded(bytes: Uint8Array, room: number): Uint8Array | number {
    const target = new Uint8Array(7 + room + 9).fill(0xee);
    const source = new Uint8Array(5 + bytes.length + 5).fill(0x01);
    source.set(bytes, 5);
    const made = kernels.decode(source, 5, 5 + bytes.length, target, 7, 7 + room);
    expect(target.subarray(0, 7).every((byte) => byte === 0xee)).toBe(true);
    expect(target.subarray(7 + room).every((byte) => byte === 0xee)).toBe(true);
    return made < 0 ? made : target.slice(7, 7 + made);
  }

  describe('snappyEncode()', () => {
    it('makes blocks that the oracle and we decode', () => {
      fc.assert(
        fc.property(contents, fc.nat(9), (bytes, lead) => {
          const block = encoded(bytes, lead);
          expectSame(new Uint8Array(SnappyJS.uncompress(block)), bytes);
          expectSame(decoded(block, bytes.length), bytes);
          expect(kernels.decodedSize(block, 0, block.length)).toBe(bytes.length);
        }),
        { numRuns: 300 },
      );
    });

    it('handles every length around the block size and the smallest ones', () => {
      for (const base of [0, 60, 256, 65_536, 131_072]) {
        for (let size = Math.max(0, base - 20); size < base + 20; size++) {
          const bytes = Uint8Array.from({ length: size }, (_, i) => (i * i) >>> 4);
          expectSame(new Uint8Array(SnappyJS.uncompress(encoded(bytes))), bytes);
        }
      }
    });

    it('makes repetitive input small', () => {
      expect(encoded(new Uint8Array(60_000)).length).toBeLessThan(3500);
      expect(encoded(repeated(bytesOf(['instance="host:9090",job="node"']), 50_000)).length).toBeLessThan(3500);
    });
  });

  describe('snappyDecode()', () => {
    it('decodes what the oracle makes', () => {
      fc.assert(
        fc.property(contents, (bytes) => {
          expectSame(decoded(new Uint8Array(SnappyJS.compress(bytes)), bytes.length), bytes);
        }),
      );
    });

    it('decodes every form of an element', () => {
      const abcd = [3 << 2, 0x61, 0x62, 0x63, 0x64];
      const cases: [number[], string][] = [
        [[0], ''],
        [[4, ...abcd], 'abcd'],
        [[8, ...abcd, (0 << 2) | 1, 4], 'abcdabcd'],
        [[6, ...abcd, (1 << 2) | 2, 2, 0], 'abcdcd'],
        [[9, ...abcd, (4 << 2) | 2, 1, 0], 'abcdddddd'],
        [[5, ...abcd, (0 << 2) | 3, 4, 0, 0, 0], 'abcda'],
        [[4, 60 << 2, 3, 0x61, 0x62, 0x63, 0x64], 'abcd'],
        [[4, 61 << 2, 3, 0, 0x61, 0x62, 0x63, 0x64], 'abcd'],
        [[4, 62 << 2, 3, 0, 0, 0x61, 0x62, 0x63, 0x64], 'abcd'],
        [[4, 63 << 2, 3, 0, 0, 0, 0x61, 0x62, 0x63, 0x64], 'abcd'],
      ];
      for (const [block, text] of cases) expect(decoded(Uint8Array.from(block), text.length)).toEqual(bytesOf([text]));
    });

    it('refuses malformed blocks with the code for what is wrong', () => {
      const cases: [number[], number][] = [
        [[], -1],
        [[0x80], -1],
        [[0x80, 0x80, 0x80, 0x80, 0x80, 0x01], -2],
        [[0xff, 0xff, 0xff, 0xff, 0x1f], -2],
        [[1], -4],
        [[0, 0, 0x61], -4],
        [[4, 3 << 2, 0x61], -1],
        [[4, 60 << 2], -1],
        [[4, 63 << 2, 0xff, 0xff, 0xff, 0xff], -1],
        [[4, 63 << 2, 0xff, 0xff, 0xff, 0x7f, 0x61], -1],
        [[4, 1, 0], -3],
        [[5, 0, 0x61, 1, 2], -3],
        [[5, 0, 0x61, 2, 1], -1],
        [[5, 0, 0x61, 3, 1, 0, 0], -1],
        [[5, 0, 0x61, 3, 1, 0, 0, 0xff], -3],
        [[2, 0, 0x61, 1, 1], -4],
        [[100, 0, 0x61], -5],
      ];
      for (const [block, code] of cases) expect([block, decoded(Uint8Array.from(block), 90)]).toEqual([block, code]);
    });

    it('refuses every truncation of a block', () => {
      const block = encoded(Uint8Array.from({ length: 900 }, (_, i) => (i % 50 < 25 ? i * 7 : i % 9)));
      for (let size = 0; size < block.length; size++) expect(decoded(block.subarray(0, size), 900)).toBeLessThan(0);
    });

    it('never leaves its output for any bytes, nor for a flipped byte of a good block', () => {
      fc.assert(
        fc.property(fc.uint8Array({ maxLength: 300 }), fc.nat(2000), (bytes, room) => {
          decoded(bytes, room);
        }),
        { numRuns: 1000 },
      );
      const bytes = Uint8Array.from({ length: 300 }, (_, i) => (i % 50 < 25 ? i * 7 : i % 9));
      const block = encoded(bytes);
      for (let at = 0; at < block.length; at++) {
        for (let mask = 1; mask < 256; mask += 3) {
          const damaged = block.slice();
          damaged[at]! ^= mask;
          const made = decoded(damaged, bytes.length);
          if (typeof made !== 'number') expect(made.length).toBe(kernels.decodedSize(damaged, 0, damaged.length));
        }
      }
    });
  });
}
