import { xorByteLength } from '../../kernels/xor-encode.ts';
import { EXTENT_UNIT_BYTES, extentOffset, extentSlab } from '../../memory/extents.ts';
import { ENCODING } from '../chunk/encoding.ts';
import type { HeadMemory } from './head-memory.ts';
import {
  LAST_TIME,
  NEWEST_SEALED,
  OPEN_COUNT,
  OPEN_EXTENT,
  OPEN_UNITS,
  OPEN_UNITS_MASK,
  OPEN_XOR2,
  REF,
} from './series-table.ts';

/**
 * Ends the open chunk of floats of a row, whose record begins at the double `at` of these; no other is open then. What it did not need of its
 * extent comes back at once: no reader looks there.
 */
export function sealOpenChunk(
  memory: HeadMemory,
  row: number,
  doubles: Float64Array,
  words: Uint32Array,
  at: number,
): void {
  const w = 2 * at;
  const extent = words[w + OPEN_EXTENT]!;
  const count = words[w + OPEN_COUNT]!;
  const used = xorByteLength(words, at);
  const first = memory.openFirstTime(row);
  const units = Math.ceil(used / EXTENT_UNIT_BYTES);
  const held = words[w + OPEN_UNITS]! & OPEN_UNITS_MASK;
  const isXor2 = (words[w + OPEN_UNITS]! & OPEN_XOR2) !== 0;
  if (units < held) memory.extents.free(extent + units, held - units);
  writeCount(memory, extent, count);
  const encoding = isXor2 ? ENCODING.xor2 : ENCODING.xor;
  const last = doubles[at + LAST_TIME]!;
  const chunk = memory.sealed.add(first, last, extent, used, count, words[w + NEWEST_SEALED]!, encoding);
  words[w + NEWEST_SEALED] = chunk;
  memory.unwritten.add(row, doubles[at + REF]!, chunk, first);
  words[w + OPEN_EXTENT] = 0;
  words[w + OPEN_UNITS] = 0;
}

/** The header of a chunk gets its count when it ends: of one that is open, readers have it from their snapshot. */
function writeCount(memory: HeadMemory, extent: number, count: number): void {
  const bytes = memory.extents.bytes[extentSlab(extent)]!;
  const start = extentOffset(extent);
  bytes[start] = count >>> 8;
  bytes[start + 1] = count;
}
