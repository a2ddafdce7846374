import fc from 'fast-check';
import { describe, expect, it } from 'vitest';

export interface VarintKernels {
  writeUvarint(bytes: Uint8Array, at: number, value: number): number;
  writeVarint(bytes: Uint8Array, at: number, value: number): number;
  writeUvarint64(bytes: Uint8Array, at: number, low: number, high: number): number;
  writeVarint64(bytes: Uint8Array, at: number, low: number, high: number): number;
  readUvarint64(bytes: Uint8Array, at: number, end: number, halves: Uint32Array): number;
  readVarint64(bytes: Uint8Array, at: number, end: number, halves: Uint32Array): number;
  uvarintSize(value: number): number;
  unsignedFromHalves(low: number, high: number): number;
  signedFromHalves(low: number, high: number): number;
}

/** The encoding by its definition, on big integers. */
function uvarintBytes(value: bigint): number[] {
  const bytes: number[] = [];
  let rest = value;
  for (; rest >= 0x80n; rest >>= 7n) bytes.push(Number(rest & 0x7fn) | 0x80);
  return [...bytes, Number(rest)];
}

const zigzag = (value: bigint) => BigInt.asUintN(64, (value << 1n) ^ (value >> 63n));
const low = (value: bigint) => Number(value & 0xffffffffn);
const high = (value: bigint) => Number((BigInt.asUintN(64, value) >> 32n) & 0xffffffffn);

const unsigned = fc.oneof(
  fc.nat(300),
  fc.integer({ min: 0, max: 2 ** 53 - 1 }),
  fc.integer({ min: 0, max: 53 }).chain((bit) => fc.constantFrom(2 ** bit, Math.max(0, 2 ** bit - 1))),
);
const signed = fc.tuple(unsigned, fc.boolean()).map(([value, negative]) => (negative ? -value : value) + 0);

/** What every implementation of variable-length integers must do. */
export function varintContract(kernels: VarintKernels): void {
  const written = (write: (bytes: Uint8Array) => number) => {
    const bytes = new Uint8Array(14).fill(0xee);
    const end = write(bytes);
    expect(bytes.subarray(end).every((byte) => byte === 0xee)).toBe(true);
    return [...bytes.subarray(0, end)];
  };

  describe('variable-length integers', () => {
    it('are written as defined, for every number that a double holds', () => {
      fc.assert(
        fc.property(unsigned, (value) => {
          expect(written((bytes) => kernels.writeUvarint(bytes, 0, value))).toEqual(uvarintBytes(BigInt(value)));
          expect(kernels.uvarintSize(value)).toBe(uvarintBytes(BigInt(value)).length);
        }),
        { numRuns: 1000 },
      );
      fc.assert(
        fc.property(signed, (value) => {
          const expected = uvarintBytes(zigzag(BigInt(value)));
          expect(written((bytes) => kernels.writeVarint(bytes, 0, value))).toEqual(expected);
        }),
        { numRuns: 1000 },
      );
    });

    it('go through all 64 bits as halves', () => {
      const halves = new Uint32Array(2);
      fc.assert(
        fc.property(
          fc.oneof(fc.bigInt({ min: 0n, max: 2n ** 64n - 1n }), fc.constantFrom(0n, 2n ** 64n - 1n)),
          (value) => {
            const bytes = written((into) => kernels.writeUvarint64(into, 0, low(value), high(value)));
            expect(bytes).toEqual(uvarintBytes(value));
            expect(kernels.readUvarint64(Uint8Array.from(bytes), 0, bytes.length, halves)).toBe(bytes.length);
            expect([...halves]).toEqual([low(value), high(value)]);
            expect(kernels.unsignedFromHalves(halves[0]!, halves[1]!)).toBe(Number(value));
          },
        ),
      );
      const extremes = fc.constantFrom(0n, -1n, 2n ** 63n - 1n, -(2n ** 63n), 2n ** 53n, -(2n ** 53n));
      fc.assert(
        fc.property(fc.oneof(fc.bigInt({ min: -(2n ** 63n), max: 2n ** 63n - 1n }), extremes), (value) => {
          const bytes = written((into) => kernels.writeVarint64(into, 0, low(BigInt.asUintN(64, value)), high(value)));
          expect(bytes).toEqual(uvarintBytes(zigzag(value)));
          expect(kernels.readVarint64(Uint8Array.from(bytes), 0, bytes.length, halves)).toBe(bytes.length);
          expect([...halves]).toEqual([low(BigInt.asUintN(64, value)), high(value)]);
          expect(kernels.signedFromHalves(halves[0]!, halves[1]!)).toBe(Number(value));
        }),
      );
    });

    it('are not read beyond the end', () => {
      const bytes = Uint8Array.from(uvarintBytes(2n ** 64n - 1n));
      for (let end = 0; end < bytes.length; end++) {
        expect(kernels.readUvarint64(bytes, 0, end, new Uint32Array(2))).toBe(-1);
        expect(kernels.readVarint64(bytes, 0, end, new Uint32Array(2))).toBe(-1);
      }
    });

    it('of more than 64 bits are refused', () => {
      const tooLong = [
        [...new Array(9).fill(0x80), 0x02],
        [...new Array(9).fill(0xff), 0x81],
        [...new Array(12).fill(0x80), 0],
      ];
      for (const bytes of tooLong) {
        expect(kernels.readUvarint64(Uint8Array.from(bytes), 0, bytes.length, new Uint32Array(2))).toBe(-2);
      }
    });
  });
}
