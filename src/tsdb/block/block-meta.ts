import { stringFromUtf8 } from '../../model/utf8.ts';
import type { FileSystem } from '../../std/file-system.ts';
import { DamagedFile } from '../damaged-file.ts';

export interface BlockStats {
  readonly samples: number;
  readonly floatSamples: number;
  readonly histogramSamples: number;
  readonly series: number;
  readonly chunks: number;
  readonly tombstones: number;
}

export interface BlockParent {
  readonly ulid: string;
  readonly minTime: number;
  readonly maxTime: number;
}

/** What `meta.json` tells of a block (docs/formats/meta.md). */
export interface BlockMeta {
  readonly ulid: string;
  /**
   * 1. Prometheus 2.1 wrote 2, and a version of 1 in an index that has the format of version 2; Prometheus repairs such
   * blocks when it starts.
   */
  readonly version: 1 | 2;
  /** Of the samples, ms; the end is exclusive. */
  readonly minTime: number;
  readonly maxTime: number;
  readonly stats: BlockStats;
  /** How many compactions lie behind it, 1 for one cut from the head. */
  readonly level: number;
  /** Blocks of level 1 that went into it. */
  readonly sources: readonly string[];
  /** Blocks that it replaces. */
  readonly parents: readonly BlockParent[];
  readonly deletable: boolean;
  readonly failed: boolean;
  /** `from-out-of-order`, `from-stale-series`, ... */
  readonly hints: readonly string[];
}

/** 48 bits of time and 80 of chance in Crockford's base 32. */
const ULID = /^[0-7][0-9A-HJKMNP-TV-Z]{25}$/i;

/** True for the name of a block's directory. */
export function isUlid(name: string): boolean {
  return ULID.test(name);
}

/** Of blocks that have late samples alone. */
export const OUT_OF_ORDER_HINT = 'from-out-of-order';
/** Of blocks that have series alone whose last sample is a stale marker. */
export const STALE_HINT = 'from-stale-series';
/** Of blocks that have some of the head's series alone: they are merged with their like. */
export const SOME_SERIES_HINTS: readonly string[] = [STALE_HINT, 'from-selected-series'];

/** Of blocks that have only some of the samples of their range; the others may still be in the head. */
const PARTIAL_HINTS: readonly string[] = [OUT_OF_ORDER_HINT, ...SOME_SERIES_HINTS];

/** True where the block has all samples of its range that came in order. */
export function hasWholeRange({ hints }: Pick<BlockMeta, 'hints'>): boolean {
  return !hints.some((hint) => PARTIAL_HINTS.includes(hint));
}

/** Ours: the block has its whole range, although `certainEnd` could not tell by its parents. */
export const WHOLE_RANGE_HINT = 'narthex-whole-range';

/** The parent that Prometheus names where a block has none. */
const NO_PARENT = '0'.repeat(26);

/**
 * Up to where (ms, exclusive) it is certain that a block which seems to have its whole range (`hasWholeRange`) has it, where blocks
 * of `chunkRangeMs` are cut from the head. Prometheus merges blocks of late samples with older ones even while the samples that
 * came in order in their range are in the head alone, and what it makes of them looks as if it had all. One at least of the blocks
 * that it merged had its range, and one that is not longer than what is cut from the head has it for certain.
 */
export function certainEnd(
  meta: Pick<BlockMeta, 'level' | 'parents' | 'minTime' | 'maxTime' | 'hints'>,
  chunkRangeMs: number,
): number {
  if (meta.hints.includes(WHOLE_RANGE_HINT)) return meta.maxTime;
  const endOf = ({ maxTime, minTime }: { readonly minTime: number; readonly maxTime: number }): number =>
    maxTime - minTime <= chunkRangeMs ? maxTime : minTime;
  const parents = meta.parents.filter(({ ulid }) => ulid !== NO_PARENT);
  // What is rewritten is of level 1 again, whatever its parent was.
  if (meta.level <= 1) return parents.length === 0 ? meta.maxTime : endOf(meta);
  return parents.length === 0 ? meta.minTime : Math.min(...parents.map(endOf));
}

/** Throws `DamagedFile`, and `FileSystemError` where the file can not be read. */
export function readBlockMeta(fileSystem: FileSystem, path: string): BlockMeta {
  return blockMetaFromBytes(fileSystem.readFileSync(path), path);
}

export function blockMetaFromBytes(bytes: Uint8Array, path: string): BlockMeta {
  const fail = (reason: string): never => {
    throw new DamagedFile(path, 0, reason);
  };
  let parsed: unknown;
  try {
    parsed = JSON.parse(stringFromUtf8(bytes));
  } catch (error) {
    fail(`no JSON: ${(error as Error).message}`);
  }
  const root = recordOf(parsed) ?? fail('no JSON object');
  const { version } = root;
  if (version !== 1 && version !== 2) return fail(`version ${JSON.stringify(version)} is not known`);
  const ulid = root['ulid'];
  if (typeof ulid !== 'string' || !isUlid(ulid)) return fail('the ulid is malformed');
  const minTime = root['minTime'];
  const maxTime = root['maxTime'];
  if (!Number.isSafeInteger(minTime) || !Number.isSafeInteger(maxTime)) fail('minTime or maxTime is no integer');
  const stats = recordOf(root['stats']) ?? {};
  const compaction = recordOf(root['compaction']) ?? {};
  return {
    ulid,
    version,
    minTime: minTime as number,
    maxTime: maxTime as number,
    stats: {
      samples: numberOf(stats['numSamples']),
      floatSamples: numberOf(stats['numFloatSamples']),
      histogramSamples: numberOf(stats['numHistogramSamples']),
      series: numberOf(stats['numSeries']),
      chunks: numberOf(stats['numChunks']),
      tombstones: numberOf(stats['numTombstones']),
    },
    level: numberOf(compaction['level']),
    sources: textsOf(compaction['sources']),
    parents: listOf(compaction['parents']).flatMap((entry) => {
      const parent = recordOf(entry);
      if (parent === null || typeof parent['ulid'] !== 'string') return [];
      return [{ ulid: parent['ulid'], minTime: numberOf(parent['minTime']), maxTime: numberOf(parent['maxTime']) }];
    }),
    deletable: compaction['deletable'] === true,
    failed: compaction['failed'] === true,
    hints: textsOf(compaction['hints']),
  };
}

function recordOf(value: unknown): Record<string, unknown> | null {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
    ? (value as Record<string, unknown>)
    : null;
}

function listOf(value: unknown): readonly unknown[] {
  return Array.isArray(value) ? value : [];
}

function textsOf(value: unknown): string[] {
  return listOf(value).filter((entry) => typeof entry === 'string');
}

function numberOf(value: unknown): number {
  return typeof value === 'number' ? value : 0;
}

/** True where `meta.json` says that all samples are floats; older writers did not say. */
export function hasFloatsOnly({ stats }: Pick<BlockMeta, 'stats'>): boolean {
  return stats.histogramSamples === 0 && stats.floatSamples === stats.samples;
}
