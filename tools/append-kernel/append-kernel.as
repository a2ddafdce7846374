/**
 * The check and the apply step of appending floats to known series, in AssemblyScript. It works on the head's own memory
 * (`src/memory/kernel-memory.ts`): on the records of series and the ends of their open XOR chunks, as the JavaScript of
 * `src/tsdb/head/append-rows.ts` does, and leaves whatever is unusual to that side. `layout.as` draws the memory; `take-chunks.as` is
 * for the start.
 */

import {
  APPEND_BYTES_MAX,
  EXTENT_SLABS,
  LINES,
  MARK_SLABS,
  RECORD_LOG2,
  ROWS_LOG2,
  ROWS_MAX,
  ROW_MASK,
  SERIES_SLABS,
  SLAB_UNITS_LOG2,
  UNIT_LOG2,
  UNIT_MASK,
} from './layout';

export { chunks, firstOlder, firstTime, lastTime, nextUnit, samples, takeChunks } from './take-chunks';

const LINE: usize = 64;
const MARK_LOG2: u32 = 3;
const SAMPLES_PREDICT: u32 = 30;
const SAMPLES_MAX: u32 = 240;
const EXACT_DELTA: f64 = 2251799813685248;
const TIME_MAX: f64 = 9007199254740991;

/** Rows whose chunks are asked for together: their lines stay in the second-level cache, at least, until they are written. */
const TOUCHED_ROWS: u32 = 64;

/** Columns of a transaction's samples: row u32, index in its batch u32, time f64, value u64. */
export let rows: usize = 0;
export let indexes: usize = 0;
export let times: usize = 0;
export let values: usize = 0;
/** Samples of the transaction that were accepted, from the start of the columns on. */
export let accepted: u32 = 0;
/** What was read ahead goes nowhere, but the compiler must not know that. */
export let touched: u32 = 0;

/**
 * Accepts samples `from` to `to - 1` of the columns, of which the first has index `index` in its batch and none is
 * before `minTime`, until one is not simply newer than what its series and the transaction have. Returns its place, or
 * `to`. What is accepted moves to the front of the columns.
 */
export function check(from: u32, to: u32, index: u32, minTime: f64, transaction: u32): u32 {
  let count = accepted;
  const firstIndex = index - from;
  let at = from;
  for (; at < to; at++) {
    const time = load<f64>(times + <usize>(at << 3));
    const row = load<u32>(rows + <usize>(at << 2));
    if (!(time >= minTime && time <= TIME_MAX && floor(time) == time) || row >= ROWS_MAX) break;
    const slab = <usize>load<u32>(SERIES_SLABS + <usize>((row >>> ROWS_LOG2) << 2));
    const marks = <usize>load<u32>(MARK_SLABS + <usize>((row >>> ROWS_LOG2) << 2));
    if (slab == 0 || marks == 0) break;
    const mark = marks + <usize>((row & ROW_MASK) << MARK_LOG2);
    if (load<u32>(mark) == transaction) break;
    if (!(time > load<f64>(slab + <usize>((row & ROW_MASK) << RECORD_LOG2)))) break;
    store<u64>(mark, <u64>transaction | (<u64>count << 32));
    store<u64>(values + <usize>(count << 3), load<u64>(values + <usize>(at << 3)));
    store<f64>(times + <usize>(count << 3), time);
    store<u32>(rows + <usize>(count << 2), row);
    store<u32>(indexes + <usize>(count << 2), firstIndex + at);
    count++;
  }
  accepted = count;
  return at;
}

/** Up to where `apply` has asked for the chunks of its samples. */
let ahead: u32 = 0;

/**
 * Reads the ends of the chunks that samples `from` to `to - 1` go to, and all of those that will be moved since they are
 * full: in a loop that does nothing else, so that they come from memory together.
 */
function touch(from: u32, to: u32): void {
  let stop = LINES;
  for (let at = from; at < to; at++) {
    const row = load<u32>(rows + <usize>(at << 2));
    const slab = <usize>load<u32>(SERIES_SLABS + <usize>((row >>> ROWS_LOG2) << 2));
    if (slab == 0) continue;
    const record = slab + <usize>((row & ROW_MASK) << RECORD_LOG2);
    const extent = load<u32>(record, 48);
    const extentSlab = <usize>load<u32>(EXTENT_SLABS + <usize>((extent >>> SLAB_UNITS_LOG2) << 2));
    if (extentSlab == 0) continue;
    const start = extentSlab + <usize>((extent & UNIT_MASK) << UNIT_LOG2);
    const bytes = <usize>((load<u32>(record, 24) & 0xffff) >>> 3);
    store<u32>(stop, <u32>(start + bytes));
    stop += 4;
    if (<i32>(load<u32>(record, 52) << UNIT_LOG2) - <i32>bytes <= APPEND_BYTES_MAX) {
      for (let line: usize = 0; line < bytes; line += LINE, stop += 4) store<u32>(stop, <u32>(start + line));
    }
  }
  let sum: u32 = 0;
  for (let line = LINES; line < stop; line += 4) sum ^= <u32>load<u8>(<usize>load<u32>(line));
  touched = sum;
}

/**
 * Appends samples `from` to `to - 1` of the columns to the open XOR chunks of their rows, until a row needs anything else
 * than at most 64 bits at the end of its chunk, or is not simply the first or the second sample of it. Returns its place, or
 * `to`. Every sample is newer than its row's last one, and no open chunk is XOR2. `isFirst`: the call does not go on where
 * one before had come to.
 */
export function apply(from: u32, to: u32, isFirst: bool): u32 {
  if (isFirst) ahead = from;
  for (let begin = from; begin < to; ) {
    if (begin >= ahead) {
      ahead = min(to, begin + TOUCHED_ROWS);
      touch(begin, ahead);
    }
    const end = ahead;
    for (let at = begin; at < end; at++) {
      const row = load<u32>(rows + <usize>(at << 2));
      const slab = <usize>load<u32>(SERIES_SLABS + <usize>((row >>> ROWS_LOG2) << 2));
      const record = slab + <usize>((row & ROW_MASK) << RECORD_LOG2);
      const extent = load<u32>(record, 48);
      const extentSlab = <usize>load<u32>(EXTENT_SLABS + <usize>((extent >>> SLAB_UNITS_LOG2) << 2));
      if (extent == 0 || slab == 0 || extentSlab == 0) return at;
      const cursor = load<u32>(record, 24);
      const count = load<u32>(record, 28);
      let bit = cursor & 0xffff;
      if (count == SAMPLES_PREDICT || count >= SAMPLES_MAX) return at;
      if (<i32>(load<u32>(record, 52) << UNIT_LOG2) - <i32>((bit + 7) >>> 3) < APPEND_BYTES_MAX) return at;
      const time = load<f64>(times + <usize>(at << 3));
      const last = load<f64>(record);
      const chunk = extentSlab + <usize>((extent & UNIT_MASK) << UNIT_LOG2);
      if (count == 0) {
        appendFirst(record, chunk + <usize>(bit >>> 3), time, load<u64>(values + <usize>(at << 3)));
        continue;
      }
      const delta = time - last;
      if (time >= load<f64>(record, 40) || delta >= EXACT_DELTA) return at;
      // What goes before the bits of the value, and how many bits that is.
      let prefix: u64 = 0;
      let size: u32 = 0;
      if (count == 1) {
        // The first sample ends with a byte, and so does the difference of the times.
        const stop = putUvarint(chunk + <usize>(bit >>> 3), <u64>delta);
        bit = <u32>(stop - chunk) << 3;
      } else {
        const dod = delta - (last - load<f64>(record, 8));
        size = 1;
        if (dod != 0) {
          if (!(dod >= -8191 && dod <= 8192)) return at;
          prefix = <u64>(0x8000 | (<i32>dod & 0x3fff));
          size = 16;
        }
      }
      const value = load<u64>(values + <usize>(at << 3));
      const xor = value ^ load<u64>(record, 16);
      let window = cursor >>> 16;
      let bits: u64;
      if (xor == 0) {
        size++;
        bits = prefix << 1;
      } else {
        let leading = window & 0xff;
        let trailing = window >>> 8;
        const zerosBefore = min<u32>(31, <u32>clz(xor));
        const zerosAfter = <u32>ctz(xor);
        // Without a window `leading` is above everything that there can be.
        if (zerosBefore >= leading && zerosAfter >= trailing) {
          prefix = (prefix << 2) | 2;
          size += 2;
        } else {
          leading = zerosBefore;
          trailing = zerosAfter;
          window = leading | (trailing << 8);
          prefix = (prefix << 13) | <u64>((3 << 11) | (leading << 6) | ((64 - leading - trailing) & 63));
          size += 13;
        }
        const length = 64 - leading - trailing;
        size += length;
        if (size > 64) return at;
        bits = (prefix << <u64>length) | (xor >> <u64>trailing);
      }
      const place = chunk + <usize>(bit >>> 3);
      const used = bit & 7;
      const first = bits << <u64>(64 - size);
      const kept = <u64>(<u32>load<u8>(place) & ~(0xff >>> used)) << 56;
      store<u64>(place, bswap<u64>(kept | (first >> <u64>used)));
      if (size + used > 64) store<u8>(place, <u8>(<u32>first << (8 - used)), 8);
      store<f64>(record, time);
      store<f64>(record, last, 8);
      store<u64>(record, value, 16);
      store<u32>(record, (bit + size) | (window << 16), 24);
      store<u32>(record, count + 1, 28);
    }
    begin = end;
  }
  return to;
}

/** Puts the first sample of a chunk at `place`, behind its header, and into its row's record. */
// @ts-ignore
@inline function appendFirst(record: usize, place: usize, time: f64, value: u64): void {
  const whole = <i64>time;
  const at = putUvarint(place, <u64>((whole << 1) ^ (whole >> 63)));
  store<u64>(at, bswap<u64>(value));
  store<f64>(record, load<f64>(record), 8);
  store<f64>(record, time);
  store<u64>(record, value, 16);
  store<u32>(record, load<u32>(record, 24) + (<u32>(at + 8 - place) << 3), 24);
  store<u32>(record, 1, 28);
}

/** Returns the place behind it. */
// @ts-ignore
@inline function putUvarint(place: usize, value: u64): usize {
  let at = place;
  let rest = value;
  for (; rest >= 0x80; rest >>= 7) store<u8>(at++, <u8>(rest | 0x80));
  store<u8>(at++, <u8>rest);
  return at;
}
