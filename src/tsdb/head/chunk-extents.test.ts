import { expect, it } from 'vitest';
import { XOR_APPEND_BYTES_MAX, xorAppend, xorBegin, xorByteLength } from '../../kernels/xor-encode.ts';
import { EXTENT_UNIT_BYTES, EXTENT_UNIT_LOG2, EXTENT_UNITS_MAX, Extents, extentOffset } from '../../memory/extents.ts';
import { FIRST_UNITS, growChunk, moveChunk } from './chunk-extents.ts';
import { NEXT_CUT, OPEN_COUNT, OPEN_EXTENT, OPEN_UNITS, OPEN_XOR2, SERIES_DOUBLES } from './series-table.ts';

const RANGE = 7_200_000;

it('growChunk() makes room step by step: at most twice what is there, and no more than one extent', () => {
  const chunk = openChunk();
  const sizes = [FIRST_UNITS];
  for (let i = 0; i < 60; i++) {
    // Values that share nothing, so that a chunk of 120 of them would not fit.
    const used = chunk.add(15_000 * i, Math.imul(i, 2654435761), Math.imul(i, 1664525));
    expect(used).toBeLessThanOrEqual(chunk.units() * EXTENT_UNIT_BYTES);
    if (chunk.units() !== sizes.at(-1)) sizes.push(chunk.units());
  }
  expect(sizes.length).toBeGreaterThan(3);
  for (let k = 1; k < sizes.length; k++) {
    const doubled = 2 * sizes[k - 1]! * EXTENT_UNIT_BYTES + XOR_APPEND_BYTES_MAX;
    expect(sizes[k]! * EXTENT_UNIT_BYTES).toBeLessThan(doubled + EXTENT_UNIT_BYTES);
  }
  expect(sizes.at(-1)).toBeLessThanOrEqual(EXTENT_UNITS_MAX);
});

it('growChunk() makes room for all samples at once where their number is known', () => {
  const chunk = openChunk();
  for (let i = 0; i < 3; i++) chunk.add(15_000 * i, i, i);
  growChunk(chunk.memory, chunk.doubles, chunk.words, 0, xorByteLength(chunk.words, 0), 1000);
  expect(chunk.units()).toBe(EXTENT_UNITS_MAX);
});

it('moveChunk() copies the bytes, retires the old extent and leaves the mark of XOR2 alone', () => {
  const chunk = openChunk();
  const used = chunk.add(1000, 7, 8);
  const before = chunk.bytes(used);
  const old = chunk.words[OPEN_EXTENT]!;
  chunk.words[OPEN_UNITS]! |= OPEN_XOR2;
  moveChunk(chunk.memory, chunk.words, 0, used, 9);
  expect(chunk.words[OPEN_EXTENT]).not.toBe(old);
  expect(chunk.words[OPEN_UNITS]).toBe(9 | OPEN_XOR2);
  expect(chunk.bytes(used)).toEqual(before);
  expect(chunk.retired).toEqual([[old, FIRST_UNITS]]);
});

/** An open chunk that grows as `OpenChunks` lets it. */
function openChunk() {
  const extents = new Extents(EXTENT_UNIT_LOG2);
  const doubles = new Float64Array(SERIES_DOUBLES);
  const words = new Uint32Array(doubles.buffer);
  const retired: [number, number][] = [];
  const memory = { extents, retireExtent: (extent: number, units: number) => void retired.push([extent, units]) };
  const bytesAt = () => extents.bytes[0]!;
  words[OPEN_EXTENT] = extents.allocate(FIRST_UNITS);
  words[OPEN_UNITS] = FIRST_UNITS;
  doubles[NEXT_CUT] = RANGE;
  xorBegin(bytesAt(), extentOffset(words[OPEN_EXTENT]), words, 0);
  return {
    memory,
    doubles,
    words,
    retired,
    units: () => words[OPEN_UNITS]!,
    bytes: (length: number) => {
      const start = extentOffset(words[OPEN_EXTENT]!);
      return Array.from(bytesAt().subarray(start, start + length));
    },
    /** Returns what the chunk takes. */
    add(time: number, low: number, high: number): number {
      const used = xorByteLength(words, 0);
      if (words[OPEN_COUNT]! > 0 && used + XOR_APPEND_BYTES_MAX > words[OPEN_UNITS]! * EXTENT_UNIT_BYTES) {
        growChunk(memory, doubles, words, 0, used, 1);
      }
      xorAppend(bytesAt(), extentOffset(words[OPEN_EXTENT]!), doubles, words, 0, time, low >>> 0, high >>> 0);
      return xorByteLength(words, 0);
    },
  };
}
