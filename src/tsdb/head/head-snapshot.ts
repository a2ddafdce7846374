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
import type { HeadMemory } from './head-memory.ts';
import {
  LAST_TIME,
  NEWEST_SEALED,
  OPEN_COUNT,
  OPEN_EXTENT,
  SERIES_DOUBLES,
  SERIES_ROW_MASK,
  SERIES_SLAB_LOG2,
  VALUE_HIGH,
  VALUE_LOW,
} from './series-table.ts';

/**
 * Some rows of the head as they stood in one turn of the event loop, in parallel arrays: all that a reader needs to see
 * that moment. It decodes the published part of the open chunk and the chain of sealed chunks, neither of which changes
 * while the reader's pin stands. Plain data, so that it can be handed to another thread.
 */
export interface HeadSnapshot {
  readonly rows: Uint32Array;
  /** Extent of the open chunk, 0 = none; a large one where the encoding is not XOR. */
  readonly extents: Uint32Array;
  /** Of the open chunk. */
  readonly byteLengths: Uint32Array;
  readonly counts: Uint32Array;
  readonly encodings: Uint8Array;
  /** Newest sealed chunk, 0 = none. */
  readonly sealed: Uint32Array;
  /** Where only the newest sample of the range is asked for: those that need no decoding. */
  readonly newest: NewestSamples | null;
}

/** The last samples of rows, as the encoder remembers them. */
export interface NewestSamples {
  /** NaN where the row's last sample is no float, or lies after the range: then its chunks have to be read. */
  readonly times: Float64Array;
  /** The value's low and high half. */
  readonly bits: Uint32Array;
}

/** Of the rows, those with a chunk that overlaps the range, in their order. The array is used up. */
export function rowsInRange(memory: HeadMemory, rows: Uint32Array, range: TimeRange): Uint32Array {
  let kept = 0;
  for (let i = 0; i < rows.length; i++) if (overlaps(memory, rows[i]!, range)) rows[kept++] = rows[i]!;
  return rows.subarray(0, kept);
}

/** The rows as they stand now; with the last samples up to `newestUpTo` (ms), unless that is null. */
export function takeHeadSnapshot(memory: HeadMemory, rows: Uint32Array, newestUpTo: number | null): HeadSnapshot {
  const { length } = rows;
  const extents = new Uint32Array(length);
  const byteLengths = new Uint32Array(length);
  const counts = new Uint32Array(length);
  const encodings = new Uint8Array(length);
  const sealed = new Uint32Array(length);
  const { records } = memory.series;
  for (let i = 0; i < length; i++) {
    const row = rows[i]!;
    const words = records.words[row >>> SERIES_SLAB_LOG2]!;
    const at = (row & SERIES_ROW_MASK) * SERIES_DOUBLES;
    sealed[i] = words[2 * at + NEWEST_SEALED]!;
    const histogram = memory.openHistogram(row);
    if (histogram === null) {
      extents[i] = words[2 * at + OPEN_EXTENT]!;
      byteLengths[i] = xorByteLength(words, at);
      counts[i] = words[2 * at + OPEN_COUNT]!;
      encodings[i] = ENCODING.xor;
    } else {
      extents[i] = histogram.extent;
      byteLengths[i] = histogram.writer.byteLength;
      counts[i] = histogram.writer.count;
      encodings[i] = histogram.writer.encoding;
    }
  }
  const newest = newestUpTo === null ? null : newestSamples(memory, rows, newestUpTo);
  return { rows, extents, byteLengths, counts, encodings, sealed, newest };
}

function newestSamples(memory: HeadMemory, rows: Uint32Array, maxTime: number): NewestSamples {
  const times = new Float64Array(rows.length);
  const bits = new Uint32Array(2 * rows.length);
  const { records } = memory.series;
  for (let i = 0; i < rows.length; i++) {
    const row = rows[i]!;
    const words = records.words[row >>> SERIES_SLAB_LOG2]!;
    const at = (row & SERIES_ROW_MASK) * SERIES_DOUBLES;
    const time = records.doubles[row >>> SERIES_SLAB_LOG2]![at + LAST_TIME]!;
    const isKnown = time <= maxTime && words[2 * at + OPEN_EXTENT] !== 0 && words[2 * at + OPEN_COUNT] !== 0;
    times[i] = isKnown ? time : Number.NaN;
    bits[2 * i] = words[2 * at + VALUE_LOW]!;
    bits[2 * i + 1] = words[2 * at + VALUE_HIGH]!;
  }
  return { times, bits };
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
