import { createSampleColumn, type EncodedChunk, type Queryable, type SeriesSet } from '../../storage/query.ts';
import { ChunkPacker } from './packed-chunks.ts';
import { ColumnPacker } from './packed-columns.ts';
import type { ReadBatch, ReadWish, ReadWork } from './read-messages.ts';

/** What a batch holds at most: so long to copy that the main thread does not notice, some ms. */
const LABEL_ROWS_MAX = 1000;
const SAMPLE_ROWS_MAX = 256;
const SAMPLES_MAX = 65_536;
const CHUNK_ROWS_MAX = 1000;
const CHUNK_BYTES_MAX = 512 * 1024;

/** How one read goes on. */
export interface ReadServing {
  /** Hands a batch over. */
  give(batch: ReadBatch): void;
  /** Waits until the main thread says what it wants next. */
  wish(): Promise<ReadWish>;
  /** Throws where the read is not wanted any more. */
  check(): void;
}

/** Does a read in its thread: finds, then gives batch after batch as they are wished for, until the end is. */
export async function serveRead(
  { range, request }: ReadWork,
  queryable: Queryable,
  { check, give, wish }: ReadServing,
): Promise<void> {
  const querier = queryable.querier(range);
  try {
    const set = await querier.select({ ...request, check });
    give({ kind: 'found', length: set.length, warnings: set.warnings });
    let labelRow = 0;
    let sampleRow = 0;
    for (;;) {
      const wanted = await wish();
      if (wanted === 'end') return;
      check();
      if (wanted === 'more') {
        const end = Math.min(set.length, labelRow + LABEL_ROWS_MAX);
        const rows: (readonly string[])[] = [];
        for (; labelRow < end; labelRow++) rows.push(set.labels(labelRow).pairs);
        give({ kind: 'labels', rows });
      } else if (wanted === 'samples') {
        const packer = packed(set, sampleRow);
        sampleRow += packer.count;
        give({ kind: 'samples', columns: packer.take() });
      } else {
        const packer = packedChunks(set, sampleRow);
        sampleRow += packer.count;
        give({ kind: 'chunks', chunks: packer.take() });
      }
    }
  } finally {
    querier.close();
  }
}

function packed(set: SeriesSet, first: number): ColumnPacker {
  const packer = new ColumnPacker();
  const column = createSampleColumn(256);
  for (let row = first; row < set.length && packer.count < SAMPLE_ROWS_MAX && packer.size < SAMPLES_MAX; row++) {
    set.read(row, column);
    packer.add(column);
  }
  return packer;
}

function packedChunks(set: SeriesSet, first: number): ChunkPacker {
  const packer = new ChunkPacker();
  const chunks: EncodedChunk[] = [];
  for (let row = first; row < set.length && packer.count < CHUNK_ROWS_MAX && packer.size < CHUNK_BYTES_MAX; row++) {
    chunks.length = 0;
    set.readChunks!(row, chunks);
    packer.add(chunks);
  }
  return packer;
}
