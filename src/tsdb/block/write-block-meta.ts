import { stringFromUtf8, utf8FromString } from '../../model/utf8.ts';
import type { FileSystem } from '../../std/file-system.ts';
import { replaceFileSync } from '../../std/whole-file.ts';
import type { BlockMeta } from './block-meta.ts';

/** `meta.json` (docs/formats/meta.md), as Prometheus formats it. */
export function blockMetaToBytes(meta: BlockMeta): Uint8Array {
  return jsonBytes(blockMetaToJson(meta));
}

/** What `meta.json` has, in the order of the reference's fields: what is zero, false or empty is undefined. */
export function blockMetaToJson(meta: BlockMeta): object {
  const { stats } = meta;
  return {
    ulid: meta.ulid,
    minTime: meta.minTime,
    maxTime: meta.maxTime,
    stats: {
      numSamples: stats.samples || undefined,
      numFloatSamples: stats.floatSamples || undefined,
      numHistogramSamples: stats.histogramSamples || undefined,
      numSeries: stats.series || undefined,
      numChunks: stats.chunks || undefined,
      numTombstones: stats.tombstones || undefined,
    },
    compaction: {
      level: meta.level,
      sources: meta.sources.length === 0 ? undefined : meta.sources,
      deletable: meta.deletable || undefined,
      parents: meta.parents.length === 0 ? undefined : meta.parents,
      failed: meta.failed || undefined,
      hints: meta.hints.length === 0 ? undefined : meta.hints,
    },
    version: meta.version,
  };
}

/** What may change in the meta of a block that exists. */
export interface BlockMarks {
  /** Compacting it failed: it is left alone from now on. */
  readonly failed?: true;
  /** Nothing is in it: it goes with the next look at the directory. */
  readonly deletable?: true;
  /** How many intervals its tombstones have. */
  readonly tombstones?: number;
  /** Of what kind its samples are, see `BlockMeta`. */
  readonly hint?: string;
}

/**
 * Changes `meta.json` of the block in `directory`; fields that are not known stay as they are. Throws a
 * `FileSystemError`, and a `SyntaxError` where the file is no JSON.
 */
export function markBlock(fileSystem: FileSystem, directory: string, marks: BlockMarks): void {
  replaceFileSync(fileSystem, `${directory}/meta.json`, markedMeta(fileSystem, directory, marks));
}

/** What `markBlock` makes of the block's `meta.json`. */
export function markedMeta(fileSystem: FileSystem, directory: string, marks: BlockMarks): Uint8Array {
  const meta = JSON.parse(stringFromUtf8(fileSystem.readFileSync(`${directory}/meta.json`)));
  if (marks.failed !== undefined || marks.deletable !== undefined || marks.hint !== undefined) {
    meta.compaction ??= {};
    if (marks.failed) meta.compaction.failed = true;
    if (marks.deletable) meta.compaction.deletable = true;
    if (marks.hint !== undefined) meta.compaction.hints = [...(meta.compaction.hints ?? []), marks.hint];
  }
  if (marks.tombstones !== undefined) {
    meta.stats ??= {};
    if (marks.tombstones > 0) meta.stats.numTombstones = marks.tombstones;
    else delete meta.stats.numTombstones;
  }
  return jsonBytes(meta);
}

function jsonBytes(value: unknown): Uint8Array {
  return utf8FromString(JSON.stringify(value, null, '\t'));
}
