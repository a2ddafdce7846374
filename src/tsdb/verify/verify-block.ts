import { uvarintSize } from '../../kernels/varint.ts';
import type { FileSystem } from '../../std/file-system.ts';
import { clearColumn } from '../../storage/merge-columns.ts';
import { createSampleColumn } from '../../storage/query.ts';
import { type BlockMeta, readBlockMeta } from '../block/block-meta.ts';
import { ChunkSegments } from '../block/chunk-segments.ts';
import { IndexReader } from '../block/index-reader.ts';
import { PageCache, PagedFile } from '../block/paged-file.ts';
import type { ChunkMetas } from '../block/series-entries.ts';
import { ChunkDecoder } from '../chunk/chunk-decoder.ts';
import { readTombstones, type Tombstones } from '../tombstones/tombstones-file.ts';
import type { BlockContent } from './block-content.ts';
import { columnFault } from './column-fault.ts';
import type { Findings } from './findings.ts';
import { verifyIndex } from './verify-index.ts';
import { verifyMeta } from './verify-meta.ts';
import { verifySegmentAlone, verifySegmentPadding } from './verify-segment.ts';

/** Bytes of a segment's header. */
const SEGMENT_HEADER_BYTES = 8;
const CACHE_BYTES = 8 * 1024 * 1024;

/**
 * Checks a block: `meta.json`, `tombstones`, the whole index, every chunk that it names (checksum, decoding, times), and
 * that they agree with each other. `advance` is told of bytes that were checked.
 */
export function verifyBlock(
  fileSystem: FileSystem,
  directory: string,
  findings: Findings,
  advance: (bytes: number, path: string) => void,
): BlockContent {
  const content: BlockContent = { series: 0, chunks: 0, floatSamples: 0, histogramSamples: 0, tombstones: 0 };
  let meta: BlockMeta | null = null;
  findings.guard(`${directory}/meta.json`, () => {
    meta = readBlockMeta(fileSystem, `${directory}/meta.json`);
  });
  let tombstones: Tombstones = new Map();
  findings.guard(`${directory}/tombstones`, () => {
    tombstones = readTombstones(fileSystem, `${directory}/tombstones`);
  });
  const check = new BlockCheck(directory, meta, tombstones, findings, content, advance);
  const isWhole = check.run(fileSystem);
  for (const intervals of tombstones.values()) content.tombstones += intervals.length / 2;
  if (meta !== null) verifyMeta(fileSystem, directory, meta, isWhole ? content : null, findings);
  return content;
}

class BlockCheck {
  readonly #directory: string;
  readonly #meta: BlockMeta | null;
  readonly #tombstones: Tombstones;
  readonly #findings: Findings;
  readonly #content: BlockContent;
  readonly #advance: (bytes: number, path: string) => void;
  readonly #decoder = new ChunkDecoder();
  readonly #column = createSampleColumn(256);
  /** Bytes of each segment that the index names. */
  #covered: number[] = [];

  constructor(
    directory: string,
    meta: BlockMeta | null,
    tombstones: Tombstones,
    findings: Findings,
    content: BlockContent,
    advance: (bytes: number, path: string) => void,
  ) {
    this.#directory = directory;
    this.#meta = meta;
    this.#tombstones = tombstones;
    this.#findings = findings;
    this.#content = content;
    this.#advance = advance;
  }

  /** True where all that the block holds could be counted. */
  run(fileSystem: FileSystem): boolean {
    const directory = this.#directory;
    const cache = new PageCache(CACHE_BYTES);
    let chunks: ChunkSegments | null = null;
    this.#findings.guard(`${directory}/chunks`, () => {
      chunks = ChunkSegments.open(fileSystem, `${directory}/chunks`, cache);
    });
    for (const { path } of (chunks as ChunkSegments | null)?.files ?? []) {
      this.#findings.guard(path, () => verifySegmentPadding(fileSystem, path, this.#findings));
    }
    const indexPath = `${directory}/index`;
    const before = this.#findings.faults;
    const isIndexSound = this.#findings.guard(indexPath, () => {
      const version = this.#meta?.version === 2 ? 2 : null;
      const index = IndexReader.open(fileSystem, indexPath, cache, version);
      try {
        const handle = fileSystem.openSync(indexPath, 'r');
        try {
          this.#index(index, new PagedFile(handle, cache), chunks);
        } finally {
          handle.closeSync();
        }
      } finally {
        index.closeSync();
      }
    });
    const isWhole = isIndexSound && this.#findings.faults === before && chunks !== null;
    if (!isIndexSound || chunks === null) this.#segmentsAlone(fileSystem);
    (chunks as ChunkSegments | null)?.closeSync();
    return isWhole;
  }

  #index(index: IndexReader, file: PagedFile, chunks: ChunkSegments | null): void {
    this.#covered = chunks?.files.map(() => SEGMENT_HEADER_BYTES) ?? [];
    const rowsDeleted = new Set(this.#tombstones.keys());
    const before = this.#findings.faults;
    this.#content.series = verifyIndex(index, file, this.#findings, {
      series: (row, offset, metas) => {
        rowsDeleted.delete(row);
        this.#series(index.path, row, offset, metas, chunks);
      },
    });
    this.#advance(index.bytes, index.path);
    if (this.#findings.faults > before) return;
    for (const row of rowsDeleted) {
      this.#findings.fault(`${this.#directory}/tombstones`, null, `the index has no series ${row}`);
    }
    for (const [i, { path, size }] of (chunks?.files ?? []).entries()) {
      if (this.#covered[i] !== size) {
        this.#findings.fault(
          path,
          null,
          `${size - this.#covered[i]!} of its ${size} bytes belong to no chunk of the index`,
        );
      }
    }
  }

  #series(path: string, row: number, offset: number, metas: ChunkMetas, chunks: ChunkSegments | null): void {
    const fault = (reason: string) => this.#findings.fault(path, offset, `series ${row}: ${reason}`);
    if (metas.count === 0) fault('it has no chunks');
    for (let i = 0; i < metas.count; i++) {
      const minTime = metas.minTimes[i]!;
      const maxTime = metas.maxTimes[i]!;
      if (minTime > maxTime) fault(`chunk ${i} ends at ${maxTime}, before it begins at ${minTime}`);
      if (i > 0 && minTime <= metas.maxTimes[i - 1]!) fault(`chunk ${i} begins before the one before it ends`);
      if (this.#meta !== null && (minTime < this.#meta.minTime || maxTime >= this.#meta.maxTime)) {
        fault(`chunk ${i} from ${minTime} to ${maxTime} is outside of the block's times`);
      }
      this.#content.chunks++;
      if (chunks !== null) this.#findings.guard(path, () => this.#chunk(chunks, metas.refs[i]!, minTime, maxTime));
    }
  }

  #chunk(chunks: ChunkSegments, ref: number, minTime: number, maxTime: number): void {
    const entry = chunks.entry(ref);
    const path = chunks.pathOf(ref);
    const offset = ref % 2 ** 32;
    const bytes = uvarintSize(entry.length - 1) + entry.length + 4;
    this.#covered[Math.floor(ref / 2 ** 32)]! += bytes;
    this.#advance(bytes, path);
    const column = this.#column;
    clearColumn(column);
    const reason = this.#decoder.decode(entry[0]!, entry.subarray(1), column) ?? columnFault(column, minTime, maxTime);
    if (reason !== null) {
      this.#findings.fault(path, offset, reason);
      return;
    }
    let histograms = 0;
    if (column.histograms !== null)
      for (const histogram of column.histograms) if (histogram !== undefined) histograms++;
    this.#content.histogramSamples += histograms;
    this.#content.floatSamples += column.length - histograms;
  }

  /** Without an index, or where not every segment can be opened, each segment is walked through by itself. */
  #segmentsAlone(fileSystem: FileSystem): void {
    const directory = `${this.#directory}/chunks`;
    this.#findings.guard(directory, () => {
      if (fileSystem.statSync(directory) === null) return;
      for (const { kind, name } of fileSystem.readDirectorySync(directory)) {
        if (kind !== 'file') continue;
        const path = `${directory}/${name}`;
        this.#findings.guard(path, () => verifySegmentAlone(fileSystem, path, this.#findings));
        this.#advance(fileSystem.statSync(path)?.size ?? 0, path);
      }
    });
  }
}
