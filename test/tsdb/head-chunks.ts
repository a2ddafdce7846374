import { xorByteLength } from '../../src/kernels/xor-encode.ts';
import { extentOffset, extentSlab } from '../../src/memory/extents.ts';
import { ENCODING } from '../../src/tsdb/chunk/encoding.ts';
import type { SealedChunk } from '../../src/tsdb/chunk/sealed-chunks.ts';
import type { HeadMemory } from '../../src/tsdb/head/head-memory.ts';
import {
  NEWEST_SEALED,
  OPEN_COUNT,
  OPEN_EXTENT,
  SERIES_DOUBLES,
  SERIES_ROW_MASK,
  SERIES_SLAB_LOG2,
} from '../../src/tsdb/head/series-table.ts';

export interface ChunkBytes {
  readonly encoding: number;
  readonly bytes: Uint8Array;
}

/** The sealed chunks of a row, oldest first. */
export function sealedChunksOf(memory: HeadMemory, row: number): SealedChunk[] {
  const chunks: SealedChunk[] = [];
  const words = memory.series.records.words[row >>> SERIES_SLAB_LOG2]!;
  let chunk = words[2 * (row & SERIES_ROW_MASK) * SERIES_DOUBLES + NEWEST_SEALED]!;
  while (chunk !== 0) {
    const sealed = memory.sealed.get(chunk, null);
    chunks.unshift(sealed);
    chunk = sealed.older;
  }
  return chunks;
}

/** The open chunk of a row, which must have one. */
export function openChunkOf(memory: HeadMemory, row: number): ChunkBytes {
  const histogram = memory.openHistogram(row);
  if (histogram !== null) {
    const { extent, writer } = histogram;
    const start = memory.large.offset(extent);
    const bytes = memory.large.bytes(extent).slice(start, start + writer.byteLength);
    return { encoding: writer.encoding, bytes };
  }
  const words = memory.series.records.words[row >>> SERIES_SLAB_LOG2]!;
  const at = (row & SERIES_ROW_MASK) * SERIES_DOUBLES;
  const extent = words[2 * at + OPEN_EXTENT]!;
  const start = extentOffset(extent);
  const slab = memory.extents.bytes[extentSlab(extent)]!;
  const bytes = slab.slice(start, start + xorByteLength(words, at));
  bytes[0] = words[2 * at + OPEN_COUNT]! >>> 8;
  bytes[1] = words[2 * at + OPEN_COUNT]!;
  return { encoding: ENCODING.xor, bytes };
}
