import { SymbolTable } from '../../memory/symbol-table.ts';
import type { FileSystem } from '../../std/file-system.ts';
import { writeSyncedFileSync } from '../../std/whole-file.ts';
import type { BlockMeta, BlockParent, BlockStats } from '../block/block-meta.ts';
import { ChunkSegmentWriter } from '../block/chunk-segment-writer.ts';
import { IndexWriter } from '../block/index-writer.ts';
import { blockMetaToBytes } from '../block/write-block-meta.ts';
import type { ChunkSource, SourceChunk } from '../chunk/chunk-source.ts';
import { countMask, isFloatEncoding } from '../chunk/encoding.ts';
import { PLAIN_FORMS, type SampleForms } from '../chunk/sample-forms.ts';
import { NO_TOMBSTONES_FILE } from '../tombstones/write-tombstones.ts';
import { ChunkCounter, type ChunkDistributions } from './chunk-distribution.ts';
import { MergedSeries } from './merged-series.ts';

/** `progress` is called each time so many series were written. */
const PROGRESS_SERIES = 256;

export interface WriteBlockOptions {
  /** Where the block's directory is made: the data directory, or any other that exists. */
  readonly directory: string;
  /** `newUlid` of `std/ulid.ts`. */
  readonly ulid: string;
  /** Closed at the end, whatever happens. */
  readonly sources: readonly ChunkSource[];
  /** Samples outside are left out. ms; the end is exclusive. */
  readonly minTime: number;
  readonly maxTime: number;
  /** 1 for what was in no block before. */
  readonly level: number;
  /** Blocks of level 1 that went into it; itself where nothing is given. */
  readonly sourceUlids?: readonly string[];
  /** Blocks that it replaces. */
  readonly parents?: readonly BlockParent[];
  /** `from-out-of-order` and the like. */
  readonly hints?: readonly string[];
  /** Told now and then how many series were written; what it throws ends the writing. */
  readonly progress?: (series: number) => void;
  /** In which chunks the samples of those that overlap are put; default the plain ones, where they do. */
  readonly forms?: SampleForms;
  /** Bytes after which a new chunk segment begins; default 512 MiB. */
  readonly segmentBytesMax?: number | undefined;
}

/** The meta of a block that was just written, and what its file does not tell. */
export interface WrittenBlock extends BlockMeta {
  readonly chunks: ChunkDistributions;
}

/**
 * Writes a block from the series of all sources together: everything under `<ulid>.tmp-for-creation`, synced, then
 * renamed. Returns its meta; null, and no block, where no sample is left.
 *
 * Blocks the thread. Throws a `FileSystemError` or `DamagedFile` or what `progress` throws, having removed what was
 * written as far as that is possible.
 */
export function writeBlock(fileSystem: FileSystem, options: WriteBlockOptions): WrittenBlock | null {
  const path = `${options.directory}/${options.ulid}`;
  const temporary = `${path}.tmp-for-creation`;
  try {
    fileSystem.removeSync(temporary);
    fileSystem.makeDirectorySync(temporary);
    const counter = new ChunkCounter();
    const stats = writeSeries(fileSystem, temporary, options, counter);
    if (stats.samples === 0) {
      fileSystem.removeSync(temporary);
      return null;
    }
    const meta = metaOf(options, stats);
    writeSyncedFileSync(fileSystem, `${temporary}/meta.json`, blockMetaToBytes(meta));
    writeSyncedFileSync(fileSystem, `${temporary}/tombstones`, NO_TOMBSTONES_FILE);
    fileSystem.syncDirectorySync(temporary);
    fileSystem.renameSync(temporary, path);
    fileSystem.syncDirectorySync(options.directory);
    return { ...meta, chunks: counter.distributions };
  } catch (error) {
    removeQuietly(fileSystem, temporary);
    throw error;
  } finally {
    for (const source of options.sources) source.close();
  }
}

function writeSeries(
  fileSystem: FileSystem,
  directory: string,
  options: WriteBlockOptions,
  counter: ChunkCounter,
): BlockStats {
  const { sources, minTime, maxTime, progress, segmentBytesMax } = options;
  const counts = { samples: 0, floatSamples: 0, histogramSamples: 0, series: 0, chunks: 0, tombstones: 0 };
  const symbols = new SymbolTable();
  const merged = new MergedSeries(sources, symbols, minTime, maxTime - 1, options.forms ?? PLAIN_FORMS);
  const segments = new ChunkSegmentWriter(fileSystem, `${directory}/chunks`, segmentBytesMax);
  let index: IndexWriter | null = null;
  try {
    index = new IndexWriter(fileSystem, `${directory}/index`, symbols);
    let refs = new Float64Array(64);
    while (merged.next()) {
      const { chunks } = merged;
      if (chunks.length === 0) continue;
      if (chunks.length > refs.length) refs = new Float64Array(2 * chunks.length);
      segments.add(chunks, refs);
      index.add(merged.labels, chunks, refs);
      counts.series++;
      counts.chunks += chunks.length;
      for (const chunk of chunks) {
        const samples = sampleCount(chunk);
        counts.samples += samples;
        counter.add(chunk.bytes.length, samples, chunk.maxTime - chunk.minTime);
        if (isHistogram(chunk)) counts.histogramSamples += samples;
        else counts.floatSamples += samples;
      }
      if (counts.series % PROGRESS_SERIES === 0) progress?.(counts.series);
    }
    if (counts.samples === 0) {
      segments.abandon();
      index.abandon();
      return counts;
    }
    segments.finish();
    index.finish(() => progress?.(counts.series));
    return counts;
  } catch (error) {
    segments.abandon();
    index?.abandon();
    throw error;
  }
}

function metaOf(options: WriteBlockOptions, stats: BlockStats): BlockMeta {
  const { ulid, minTime, maxTime, level, sourceUlids, parents, hints } = options;
  return {
    ulid,
    version: 1,
    minTime,
    maxTime,
    stats,
    level,
    sources: sourceUlids ?? [ulid],
    parents: parents ?? [],
    deletable: false,
    failed: false,
    hints: hints ?? [],
  };
}

function isHistogram({ encoding }: SourceChunk): boolean {
  return !isFloatEncoding(encoding);
}

/** The count at the chunk's start; encodings with start times keep something else in its upper bits. */
function sampleCount({ encoding, bytes }: SourceChunk): number {
  return ((bytes[0]! << 8) | bytes[1]!) & countMask(encoding);
}

function removeQuietly(fileSystem: FileSystem, path: string): void {
  try {
    fileSystem.removeSync(path);
  } catch {
    // The next start removes it: nobody takes it for a block.
  }
}
