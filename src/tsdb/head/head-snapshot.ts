import { xorByteLength } from '../../kernels/xor-encode.ts';
import type { TimeRange } from '../../storage/query.ts';
import { ENCODING } from '../chunk/encoding.ts';
import {
  SEALED_DOUBLES,
  SEALED_FIRST_TIME,
  SEALED_LAST_TIME,
  SEALED_MASK,
  SEALED_OLDER,
  SEALED_SLAB_LOG2,
} from '../chunk/sealed-chunks.ts';
import type { HeadDeletions } from '../tombstones/head-deletions.ts';
import { coversWithin, type Intervals } from '../tombstones/intervals.ts';
import type { HeadMemory } from './head-memory.ts';
import {
  LAST_TIME,
  NEWEST_SEALED,
  OPEN_COUNT,
  OPEN_EXTENT,
  SERIES_DOUBLES,
  SERIES_ROW_MASK,
  SERIES_SLAB_LOG2,
} from './series-table.ts';

/**
 * Some rows of the head as they stood in one turn of the event loop, in parallel arrays: all that a reader, also in
 * another thread, needs to see that moment. It decodes the published part of the open chunk and the chain of sealed
 * chunks, neither of which changes while the reader's pin stands.
 */
export class HeadSnapshot {
  readonly rows: Uint32Array;
  /** Extent of the open chunk, 0 = none; a large one where the encoding is not XOR. */
  readonly extents: Uint32Array;
  /** Of the open chunk. */
  readonly byteLengths: Uint32Array;
  readonly counts: Uint32Array;
  readonly encodings: Uint8Array;
  /** Newest sealed chunk, 0 = none. */
  readonly sealed: Uint32Array;
  /** What is deleted of the rows, by their place here; null where nothing is. */
  readonly deleted: ReadonlyMap<number, Intervals> | null;

  /**
   * Of the candidates, those with a chunk that overlaps the range and is not deleted there stay; `arrange` then sorts and limits them.
   * The candidates' array is used up.
   */
  constructor(
    memory: HeadMemory,
    deletions: HeadDeletions,
    candidates: Uint32Array,
    range: TimeRange,
    arrange: (rows: Uint32Array) => Uint32Array,
  ) {
    let kept = 0;
    for (let i = 0; i < candidates.length; i++) {
      const row = candidates[i]!;
      if (!overlaps(memory, row, range)) continue;
      if (deletions.size > 0 && isDeleted(memory, row, range, deletions.of(memory.series.ref(row)))) continue;
      candidates[kept++] = row;
    }
    const rows = arrange(candidates.subarray(0, kept));
    this.rows = rows;
    this.extents = new Uint32Array(rows.length);
    this.byteLengths = new Uint32Array(rows.length);
    this.counts = new Uint32Array(rows.length);
    this.encodings = new Uint8Array(rows.length);
    this.sealed = new Uint32Array(rows.length);
    this.deleted = deletions.size === 0 ? null : deletedByPlace(memory, rows, deletions);
    const { records } = memory.series;
    for (let i = 0; i < rows.length; i++) {
      const row = rows[i]!;
      const words = records.words[row >>> SERIES_SLAB_LOG2]!;
      const at = (row & SERIES_ROW_MASK) * SERIES_DOUBLES;
      this.sealed[i] = words[2 * at + NEWEST_SEALED]!;
      const histogram = memory.openHistogram(row);
      if (histogram === null) {
        this.extents[i] = words[2 * at + OPEN_EXTENT]!;
        this.byteLengths[i] = xorByteLength(words, at);
        this.counts[i] = words[2 * at + OPEN_COUNT]!;
        this.encodings[i] = ENCODING.xor;
      } else {
        this.extents[i] = histogram.extent;
        this.byteLengths[i] = histogram.writer.byteLength;
        this.counts[i] = histogram.writer.count;
        this.encodings[i] = histogram.writer.encoding;
      }
    }
  }

  get length(): number {
    return this.rows.length;
  }
}

/** True where a chunk of the row overlaps the range. */
function overlaps(memory: HeadMemory, row: number, { minTime, maxTime }: TimeRange): boolean {
  const doubles = memory.series.records.doubles[row >>> SERIES_SLAB_LOG2]!;
  const words = memory.series.records.words[row >>> SERIES_SLAB_LOG2]!;
  const at = (row & SERIES_ROW_MASK) * SERIES_DOUBLES;
  const lastTime = doubles[at + LAST_TIME]!;
  if (lastTime < minTime || minTime > maxTime || lastTime === Number.NEGATIVE_INFINITY) return false;
  if (lastTime <= maxTime) return true;
  if (words[2 * at + OPEN_EXTENT] !== 0 && memory.openFirstTime(row) <= maxTime) return true;
  const histogram = memory.openHistogram(row);
  if (histogram !== null && histogram.firstTime <= maxTime) return true;
  const { records } = memory.sealed;
  for (let chunk = words[2 * at + NEWEST_SEALED]!; chunk !== 0; ) {
    const chunkDoubles = records.doubles[chunk >>> SEALED_SLAB_LOG2]!;
    const c = (chunk & SEALED_MASK) * SEALED_DOUBLES;
    if (chunkDoubles[c + SEALED_LAST_TIME]! < minTime) return false;
    if (chunkDoubles[c + SEALED_FIRST_TIME]! <= maxTime) return true;
    chunk = records.words[chunk >>> SEALED_SLAB_LOG2]![2 * c + SEALED_OLDER]!;
  }
  return false;
}

/** True where every chunk of the row is deleted as far as it lies in the range. */
function isDeleted(memory: HeadMemory, row: number, range: TimeRange, intervals: Intervals): boolean {
  if (intervals.length === 0) return false;
  const words = memory.series.records.words[row >>> SERIES_SLAB_LOG2]!;
  const w = 2 * (row & SERIES_ROW_MASK) * SERIES_DOUBLES;
  const lastTime = memory.series.lastTime(row);
  const histogram = memory.openHistogram(row);
  if (histogram !== null && !coversWithin(intervals, histogram.firstTime, lastTime, range)) return false;
  const hasFloats = words[w + OPEN_EXTENT] !== 0;
  if (hasFloats && !coversWithin(intervals, memory.openFirstTime(row), lastTime, range)) return false;
  const { records } = memory.sealed;
  for (let chunk = words[w + NEWEST_SEALED]!; chunk !== 0; ) {
    const doubles = records.doubles[chunk >>> SEALED_SLAB_LOG2]!;
    const at = (chunk & SEALED_MASK) * SEALED_DOUBLES;
    if (!coversWithin(intervals, doubles[at + SEALED_FIRST_TIME]!, doubles[at + SEALED_LAST_TIME]!, range))
      return false;
    chunk = records.words[chunk >>> SEALED_SLAB_LOG2]![2 * at + SEALED_OLDER]!;
  }
  return true;
}

function deletedByPlace(
  memory: HeadMemory,
  rows: Uint32Array,
  deletions: HeadDeletions,
): Map<number, Intervals> | null {
  const deleted = new Map<number, Intervals>();
  for (let i = 0; i < rows.length; i++) {
    const intervals = deletions.of(memory.series.ref(rows[i]!));
    if (intervals.length > 0) deleted.set(i, intervals);
  }
  return deleted.size === 0 ? null : deleted;
}
