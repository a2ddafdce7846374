import { xorByteLength } from '../../kernels/xor-encode.ts';
import { runInTurns } from '../../std/turns.ts';
import type { TimeRange } from '../../storage/query.ts';
import { ENCODING } from '../chunk/encoding.ts';
import type { SampleForms } from '../chunk/sample-forms.ts';
import {
  SEALED_DOUBLES,
  SEALED_FIRST_TIME,
  SEALED_LAST_TIME,
  SEALED_MASK,
  SEALED_OLDER,
  SEALED_SLAB_LOG2,
} from '../chunk/sealed-chunks.ts';
import { type LateSamples, type LateSource, takeLateSamplesInSteps } from '../out-of-order/late-samples.ts';
import { type DeletedTimes, DeletedTimesBuilder } from '../tombstones/deleted-times.ts';
import type { HeadDeletions } from '../tombstones/head-deletions.ts';
import { coversWithin, type Intervals } from '../tombstones/intervals.ts';
import type { HeadMemory } from './head-memory.ts';
import {
  LAST_TIME,
  NEWEST_SEALED,
  OPEN_COUNT,
  OPEN_EXTENT,
  OPEN_HISTOGRAM,
  OPEN_UNITS,
  OPEN_XOR2,
  SERIES_DOUBLES,
  SERIES_ROW_MASK,
  SERIES_SLAB_LOG2,
  VALUE_HIGH,
  VALUE_LOW,
} from './series-table.ts';
import type { OpenHistogramThen, SnapshotMoment } from './snapshot-moments.ts';

/**
 * Some rows of the head as they stood in one turn of the event loop, in parallel arrays: all that a reader needs to see
 * that moment. It decodes the published part of the open chunk and the chain of sealed chunks, neither of which changes
 * while the reader's pin stands. Plain data, so that it can be handed to another thread.
 */
export interface HeadSnapshot {
  readonly rows: Uint32Array;
  /** Extent of the open chunk, 0 = none; a large one where the encoding is one of histograms. */
  readonly extents: Uint32Array;
  /** Of the open chunk. */
  readonly byteLengths: Uint32Array;
  readonly counts: Uint32Array;
  readonly encodings: Uint8Array;
  /** Newest sealed chunk, 0 = none. */
  readonly sealed: Uint32Array;
  /** What is deleted of the rows, late samples excepted, by their place here; null where nothing is. */
  readonly deleted: DeletedTimes | null;
  /** What came out of order; null where none of the rows has any. */
  readonly late: LateSamples | null;
  /** Where only the newest sample of the range is asked for: those that need no decoding. */
  readonly newest: NewestSamples | null;
  /** In-order samples older than this (ms) are not shown: blocks have them. */
  readonly inOrderMinTime: number;
  /** The number of the known selection whose rows these are, all of them and in its order; 0 where there is none. */
  readonly selection: number;
  /** What of the rows has to be encoded to be read as chunks is encoded so. */
  readonly forms: SampleForms;
}

/** The last samples of rows, as the encoder remembers them. */
export interface NewestSamples {
  /**
   * NaN where the row's last sample is no float, or lies after the range, or something of the row is deleted: then its
   * chunks have to be read.
   */
  readonly times: Float64Array;
  /** The value's low and high half. */
  readonly bits: Uint32Array;
}

/** What of the rows a reader wants. */
export interface SnapshotWish {
  /** Both times (ms) are included. */
  readonly range: TimeRange;
  /** As `HeadSnapshot` has it. */
  readonly inOrderMinTime: number;
  /** At most so many rows, the first ones; 0 = all. */
  readonly limit: number;
  /** Samples that came out of order as well. */
  readonly late: boolean;
  /** The last samples, too, where the samples up to the end of the range are all that is asked for. */
  readonly newest: boolean;
}

/**
 * Of the candidates, those rows with a chunk that overlaps the range and is not deleted there, as they stand now, in the
 * order of the candidates. The array of these is used up, unless it is to be `kept`: then it is that of the snapshot exactly
 * where all of them are chosen.
 *
 * All that is nearly always the same is decided here on the row's record, which is loaded once: 20 to 30 ms for a million
 * rows.
 */
export function takeHeadSnapshot(
  memory: HeadMemory,
  deletions: HeadDeletions,
  candidates: Uint32Array,
  wish: SnapshotWish,
  use: 'kept' | 'used up' = 'used up',
): HeadSnapshot {
  return runInTurns(takeHeadSnapshotInSteps(memory, deletions, candidates, wish, use), null);
}

/**
 * As `takeHeadSnapshot`, in steps of some 100 µs. All rows are seen at the moment of the first step, and the pin of that turn
 * must stand; or at one that was opened before, under the same pin.
 */
export function* takeHeadSnapshotInSteps(
  memory: HeadMemory,
  deletions: HeadDeletions,
  candidates: Uint32Array,
  wish: SnapshotWish,
  use: 'kept' | 'used up' = 'used up',
  opened: SnapshotMoment | null = null,
): Generator<undefined, HeadSnapshot> {
  if (opened !== null) return yield* takeAtMoment(memory, deletions, candidates, wish, use, opened);
  const moment = memory.moments.open();
  try {
    return yield* takeAtMoment(memory, deletions, candidates, wish, use, moment);
  } finally {
    memory.moments.close(moment);
  }
}

/** Rows looked at in one step, and where something is deleted: each of them is looked up then. */
const STEP_ROWS = 4096;
const STEP_ROWS_DELETED = 256;

/** Takes the rows as they were at a moment. */
function* takeAtMoment(
  memory: HeadMemory,
  deletions: HeadDeletions,
  candidates: Uint32Array,
  { range, inOrderMinTime, late: wantsLate, limit, newest: wantsNewest }: SnapshotWish,
  use: 'kept' | 'used up',
  moment: SnapshotMoment,
): Generator<undefined, HeadSnapshot> {
  const { length } = candidates;
  const columns = {
    rows: use === 'kept' ? new Uint32Array(length) : candidates,
    extents: new Uint32Array(length),
    byteLengths: new Uint32Array(length),
    counts: new Uint32Array(length),
    encodings: new Uint8Array(length),
    sealed: new Uint32Array(length),
  };
  const inOrder = { minTime: Math.max(range.minTime, inOrderMinTime), maxTime: range.maxTime };
  const stepRows = deletions.size > 0 ? STEP_ROWS_DELETED : STEP_ROWS;
  const most = limit > 0 ? limit : length;
  const times = { range, inOrder };
  let count = 0;
  for (let from = 0; from < length && count < most; from += stepRows) {
    if (from > 0) yield;
    const to = Math.min(length, from + stepRows);
    count = takeRows(memory, deletions, candidates, from, to, times, most, moment, columns, count);
  }
  const kept = count === length ? { ...columns, rows: candidates } : shortened(columns, count);
  const { rows } = kept;
  let deleted: DeletedTimes | null = null;
  if (deletions.size > 0) {
    const found = new DeletedTimesBuilder();
    for (let from = 0; from < count; from += stepRows) {
      yield;
      noteDeleted(memory, deletions, rows, from, Math.min(count, from + stepRows), found);
    }
    deleted = found.take();
  }
  let newest: NewestSamples | null = null;
  if (wantsNewest) {
    newest = { times: new Float64Array(count), bits: new Uint32Array(2 * count) };
    for (let from = 0; from < count; from += stepRows) {
      yield;
      takeNewest(memory, rows, from, Math.min(count, from + stepRows), inOrder, moment, newest);
    }
    if (deleted !== null) for (const place of deleted.places) newest.times[place] = Number.NaN;
  }
  const late = wantsLate && moment.late.rowCount > 0 ? yield* takeLateSamplesInSteps(moment.late, rows, range) : null;
  return { ...kept, late, deleted, newest, inOrderMinTime, selection: 0, forms: memory.outOfOrder.forms };
}

type Columns = Pick<HeadSnapshot, 'rows' | 'extents' | 'byteLengths' | 'counts' | 'encodings' | 'sealed'>;

/** The samples that are wanted, and those of them that are looked for among what came in order. */
interface SnapshotTimes {
  readonly range: TimeRange;
  readonly inOrder: TimeRange;
}

/**
 * Takes the candidates `from .. to - 1` into the columns, `rows` of which may be the candidates, behind the `count` that are there;
 * returns how many there are then.
 */
function takeRows(
  memory: HeadMemory,
  deletions: HeadDeletions,
  candidates: Uint32Array,
  from: number,
  to: number,
  { inOrder, range }: SnapshotTimes,
  limit: number,
  moment: SnapshotMoment,
  { rows, extents, byteLengths, counts, encodings, sealed }: Columns,
  count: number,
): number {
  const { minTime, maxTime } = inOrder;
  const { records } = memory.series;
  const hasDeletions = deletions.size > 0;
  const { hasChanges, late } = moment;
  for (let i = from; i < to && count < limit; i++) {
    const row = candidates[i]!;
    const then = hasChanges ? moment.find(row) : null;
    const words = then === null ? records.words[row >>> SERIES_SLAB_LOG2]! : then.words;
    const doubles = then === null ? records.doubles[row >>> SERIES_SLAB_LOG2]! : then.doubles;
    const at = then === null ? (row & SERIES_ROW_MASK) * SERIES_DOUBLES : then.at;
    const lastTime = doubles[at + LAST_TIME]!;
    const endsWithin = lastTime >= minTime && lastTime <= maxTime && lastTime !== Number.NEGATIVE_INFINITY;
    if (!endsWithin && !hasInOrder(memory, row, lastTime, inOrder) && !late.overlaps(row, range)) continue;
    if (hasDeletions && isDeleted(memory, late, row, range, deletions.of(memory.series.ref(row)))) continue;
    const extent = words[2 * at + OPEN_EXTENT]!;
    rows[count] = row;
    sealed[count] = words[2 * at + NEWEST_SEALED]!;
    if (extent !== 0 || words[2 * at + OPEN_HISTOGRAM] === 0) {
      extents[count] = extent;
      byteLengths[count] = xorByteLength(words, at);
      counts[count] = words[2 * at + OPEN_COUNT]!;
      encodings[count] = isXor2(words, 2 * at) ? ENCODING.xor2 : ENCODING.xor;
    } else {
      const histogram = then === null ? openHistogramNow(memory, row) : then.histogram!;
      extents[count] = histogram.extent;
      byteLengths[count] = histogram.byteLength;
      counts[count] = histogram.count;
      encodings[count] = histogram.encoding;
    }
    count++;
  }
  return count;
}

function openHistogramNow(memory: HeadMemory, row: number): OpenHistogramThen {
  const { extent, writer } = memory.openHistogram(row)!;
  const { byteLength, count, encoding } = writer;
  return { extent, byteLength, count, encoding };
}

/** The first rows; copied where they are so few that the rest would be a waste. */
function shortened(columns: Columns, count: number): Columns {
  const part = <Column extends Uint32Array | Uint8Array>(column: Column): Column =>
    (2 * count < column.length ? column.slice(0, count) : column.subarray(0, count)) as Column;
  return {
    rows: part(columns.rows),
    extents: part(columns.extents),
    byteLengths: part(columns.byteLengths),
    counts: part(columns.counts),
    encodings: part(columns.encodings),
    sealed: part(columns.sealed),
  };
}

function takeNewest(
  memory: HeadMemory,
  rows: Uint32Array,
  from: number,
  to: number,
  { minTime, maxTime }: TimeRange,
  moment: SnapshotMoment,
  { bits, times }: NewestSamples,
): void {
  const { records } = memory.series;
  const { hasChanges, late } = moment;
  const hasLate = late.rowCount > 0;
  for (let i = from; i < to; i++) {
    const row = rows[i]!;
    const then = hasChanges ? moment.find(row) : null;
    const words = then === null ? records.words[row >>> SERIES_SLAB_LOG2]! : then.words;
    const doubles = then === null ? records.doubles[row >>> SERIES_SLAB_LOG2]! : then.doubles;
    const at = then === null ? (row & SERIES_ROW_MASK) * SERIES_DOUBLES : then.at;
    const time = doubles[at + LAST_TIME]!;
    const isWithin = time <= maxTime && (time >= minTime || !hasLate);
    const isKnown = isWithin && words[2 * at + OPEN_EXTENT] !== 0 && words[2 * at + OPEN_COUNT] !== 0;
    // What came out of order is older than the head appends, and may still be newer than the row's own last sample.
    // An XOR2 chunk tells start times as well, which the record does not.
    const isNewest =
      isKnown && !isXor2(words, 2 * at) && !(hasLate && late.overlaps(row, { minTime: time + 1, maxTime }));
    times[i] = isNewest ? time : Number.NaN;
    bits[2 * i] = words[2 * at + VALUE_LOW]!;
    bits[2 * i + 1] = words[2 * at + VALUE_HIGH]!;
  }
}

/** True where the open chunk of the record at word `w` is XOR2. */
function isXor2(words: Uint32Array, w: number): boolean {
  return words[w + OPEN_EXTENT] !== 0 && (words[w + OPEN_UNITS]! & OPEN_XOR2) !== 0;
}

/** True where a chunk of the row, whose last sample was at `lastTime`, with samples that came in order overlaps the range. */
function hasInOrder(memory: HeadMemory, row: number, lastTime: number, { minTime, maxTime }: TimeRange): boolean {
  const words = memory.series.records.words[row >>> SERIES_SLAB_LOG2]!;
  const at = (row & SERIES_ROW_MASK) * SERIES_DOUBLES;
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

/** True where every chunk of the row is deleted as far as it lies in the range, and no late sample may be there. */
function isDeleted(memory: HeadMemory, late: LateSource, row: number, range: TimeRange, intervals: Intervals): boolean {
  if (intervals.length === 0 || late.overlaps(row, range)) return false;
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

function noteDeleted(
  memory: HeadMemory,
  deletions: HeadDeletions,
  rows: Uint32Array,
  from: number,
  to: number,
  deleted: DeletedTimesBuilder,
): void {
  for (let i = from; i < to; i++) {
    const intervals = deletions.of(memory.series.ref(rows[i]!));
    if (intervals.length > 0) deleted.add(i, intervals);
  }
}
