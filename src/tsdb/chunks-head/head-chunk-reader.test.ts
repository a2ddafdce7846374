import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { crc32c } from '../../kernels/crc32c.ts';
import { MemoryFiles } from '../../std/memory-files.ts';
import { writeSyncedFileSync } from '../../std/whole-file.ts';
import {
  FILE_HEADER_BYTES,
  headChunkEntryBytes,
  writeHeadChunkEntry,
  writeHeadChunksHeader,
} from './head-chunk-format.ts';
import { HeadChunkReader } from './head-chunk-reader.ts';
import { HeadChunkSlots } from './head-chunk-slots.ts';

const DIRECTORY = './chunks_head';

/** A file of the chunks; returns where they begin. */
function fileOf(files: MemoryFiles, chunks: readonly Uint8Array[], encoding: number): number[] {
  const size = chunks.reduce((sum, { length }) => sum + headChunkEntryBytes(length), FILE_HEADER_BYTES);
  const bytes = new Uint8Array(size);
  writeHeadChunksHeader(bytes, 0);
  let at = FILE_HEADER_BYTES;
  const offsets = chunks.map((chunk) => {
    const offset = at;
    const header = { series: 7, firstTime: -5, lastTime: 2 ** 45, encoding, isOutOfOrder: encoding === 2 };
    at = writeHeadChunkEntry(bytes, at, header, chunk, 0, chunk.length);
    return offset;
  });
  files.makeDirectorySync(DIRECTORY);
  writeSyncedFileSync(files, `${DIRECTORY}/000003`, bytes);
  return offsets;
}

describe('HeadChunkReader', () => {
  it('gives chunks, and the checksums that they have in blocks', () => {
    const chunks = fc.array(fc.uint8Array({ minLength: 1, maxLength: 3000 }), { minLength: 1, maxLength: 8 });
    fc.assert(
      fc.property(chunks, fc.constantFrom(1, 2, 3), (list, encoding) => {
        const files = new MemoryFiles();
        const offsets = fileOf(files, list, encoding);
        const slots = new HeadChunkSlots();
        const slot = slots.take(3);
        const reader = new HeadChunkReader({ fileSystem: files, directory: DIRECTORY }, slots);
        for (const [i, chunk] of list.entries()) {
          expect(reader.chunk(slot, offsets[i]!, chunk.length)).toEqual(chunk);
          const entry = Uint8Array.of(encoding, ...chunk);
          expect(reader.blockChecksum(encoding)).toBe(crc32c(entry, 0, entry.length, 0));
        }
        reader.closeSync();
      }),
      { numRuns: 60 },
    );
  });
});
