/** Chunks that a log's samples were put into become the open ones of their series, as `OpenChunks.adopt` does it one by one. */

import {
  APPEND_BYTES_MAX,
  EXTENT_SLABS,
  RECORD_LOG2,
  ROWS_LOG2,
  ROWS_MAX,
  ROW_MASK,
  SERIES_SLABS,
  SLAB_UNITS_LOG2,
  UNIT_LOG2,
  UNIT_MASK,
} from './layout';

/** A chunk as `src/tsdb/wal/visitor.ts` draws it. */
const CHUNK_HEADER: usize = 64;
/** Of an open chunk at least and at most. */
const UNITS_MIN: u32 = 3;
const UNITS_MAX: u32 = 64;

/** Units of a slab from here on are free. */
export let nextUnit: u32 = 0;
/** What the last call took; of the times the first and the last. */
export let chunks: u32 = 0;
export let samples: u32 = 0;
export let firstTime: f64 = 0;
export let lastTime: f64 = 0;

/**
 * Takes the chunks that lie from `at` to `end`, of rows from `row` to `rowsEnd - 1`, into units below `unitsEnd` of one slab, until
 * one is not of the row behind the one before, is full, or is not the first of its row since `minTime`. Returns the place of that one, or `end`.
 */
export function takeChunks(at: usize, end: usize, row: u32, rowsEnd: u32, unitsEnd: u32, minTime: f64): usize {
  chunks = 0;
  samples = 0;
  firstTime = Infinity;
  lastTime = -Infinity;
  const extents = <usize>load<u32>(EXTENT_SLABS + <usize>((nextUnit >>> SLAB_UNITS_LOG2) << 2));
  if (extents == 0) return at;
  for (const stop = min(rowsEnd, ROWS_MAX); at < end && row < stop; row++) {
    const slab = <usize>load<u32>(SERIES_SLABS + <usize>((row >>> ROWS_LOG2) << 2));
    if (slab == 0) break;
    const record = slab + <usize>((row & ROW_MASK) << RECORD_LOG2);
    const first = load<f64>(at, 8);
    if (load<f64>(record, 32) != load<f64>(at)) break;
    // No open chunk, be it of floats or of histograms, and none that is full.
    if ((load<u64>(record, 48) | <u64>load<u32>(at, 60)) != 0) break;
    if (!(first >= minTime && first > load<f64>(record))) break;
    const size = load<u32>(at, 56);
    const wanted = (size + <u32>APPEND_BYTES_MAX + (1 << UNIT_LOG2) - 1) >>> UNIT_LOG2;
    const units = min(UNITS_MAX, max(UNITS_MIN, wanted));
    if (nextUnit + units > unitsEnd) break;
    let from = at + CHUNK_HEADER;
    const next = (from + size + 7) & ~7;
    for (let to = extents + <usize>((nextUnit & UNIT_MASK) << UNIT_LOG2); from < next; from += 8, to += 8) {
      store<u64>(to, load<u64>(from));
    }
    const last = load<f64>(at, 16);
    store<f64>(record, last);
    store<f64>(record, load<f64>(at, 24), 8);
    store<u64>(record, load<u64>(at, 32), 16);
    store<u64>(record, load<u64>(at, 40), 24);
    store<f64>(record, load<f64>(at, 48), 40);
    store<u64>(record, <u64>nextUnit | (<u64>units << 32), 48);
    nextUnit += units;
    firstTime = min(firstTime, first);
    lastTime = max(lastTime, last);
    samples += load<u32>(at, 44);
    chunks++;
    at = next;
  }
  return at;
}

/** The first row from `row` to `end - 1` whose last sample is not of `time` or later, or that does not lie in this memory; `end` where there is none. */
export function firstOlder(row: u32, end: u32, time: f64): u32 {
  for (; row < end && row < ROWS_MAX; row++) {
    const slab = <usize>load<u32>(SERIES_SLABS + <usize>((row >>> ROWS_LOG2) << 2));
    if (slab == 0 || !(load<f64>(slab + <usize>((row & ROW_MASK) << RECORD_LOG2)) >= time)) break;
  }
  return row;
}
