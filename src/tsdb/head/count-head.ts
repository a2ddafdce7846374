import { SEALED_DOUBLES } from '../chunk/sealed-chunks.ts';
import type { ExemplarRing } from './exemplar-ring.ts';
import type { HeadMemory } from './head-memory.ts';
import type { HeadState } from './head-state.ts';
import type { HeadMemoryBytes, HeadStats } from './head-stats.ts';
import type { OpenChunks } from './open-chunks.ts';
import type { SeriesDirectory } from './series-directory.ts';
import { SERIES_DOUBLES } from './series-table.ts';

/** What is counted. */
export interface CountedHead {
  readonly memory: HeadMemory;
  readonly directory: SeriesDirectory;
  readonly openChunks: OpenChunks;
  readonly exemplars: ExemplarRing;
  readonly state: Readonly<HeadState>;
}

/** Reads all counts as they stand. */
export function countHead({ directory, exemplars, memory, openChunks, state }: CountedHead): HeadStats {
  const chunksCreated = openChunks.created + memory.outOfOrder.chunksCreated;
  const { onLate: _, refused, refusedHistograms, ...counts } = state;
  return {
    ...counts,
    ...directory.stats(),
    refused: { ...refused },
    refusedHistograms: { ...refusedHistograms },
    exemplars: exemplars.count,
    exemplarsMax: exemplars.max,
    exemplarSeries: exemplars.seriesCount,
    exemplarsAppended: exemplars.appended,
    exemplarsOutOfOrder: exemplars.outOfOrder,
    oldestExemplarTime: exemplars.oldestTime,
    seriesNotFound: refused.unknownRef + refusedHistograms.unknownRef,
    readers: memory.epochs.readers,
    retired: memory.epochs.waiting,
    // What is collected of late samples counts as a chunk, as in the reference.
    chunks: chunksCreated - memory.chunksReleased + memory.outOfOrder.openRows,
    chunksCreated,
    chunkBytes: memory.extents.usedBytes + memory.large.usedBytes,
    memory: memoryBytes(memory, directory),
  };
}

function memoryBytes(memory: HeadMemory, directory: SeriesDirectory): HeadMemoryBytes {
  const { extents, labelLog, large, sealed, series, symbols } = memory;
  return {
    seriesRecords: series.rowCount * SERIES_DOUBLES * 8,
    labelLog: labelLog.length * 4,
    symbols: symbols.bytesInUse,
    labelIndex: directory.labelIndex.bytes,
    lookup: directory.lookupBytes,
    sealedRecords: sealed.count * SEALED_DOUBLES * 8,
    chunks: extents.usedBytes + large.usedBytes,
    chunkSlabs: extents.begunBytes + large.levels.reduce((sum, level) => sum + level.begunBytes, 0),
  };
}
