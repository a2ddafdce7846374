/**
 * A record of samples with its snappy form, and its checksums, in AssemblyScript: the same bytes as the JavaScript of
 * `src/tsdb/wal/compressed-samples.ts` makes, which says how and why.
 *
 *     1 KiB     16 tables of the checksum, 256 words each
 *     17 KiB    slots, by a hash of how a value begins: the last such value u64 | its place u32 | ref u32 | time u32 | 0
 *     41 KiB    where the last value ended that ended with so many zero bytes and that byte before them, u32
 *     50 KiB    the same by the zero bytes alone
 *     64 KiB    columns of the samples: refs f64, times f64, values u64
 *     832 KiB   what is made of them
 *
 * Places are counted on from record to record, so that what stood in an earlier one is out of reach.
 */

export { crc32c, makeTables as init } from './checksum';

const SLOTS: usize = 17 * 1024;
const SLOT: usize = 24;
const TAILS: usize = 41 * 1024;
const ZEROS: usize = 50 * 1024;
const TABLES_END: usize = 51 * 1024;
const SAMPLES_MAX: usize = 32 * 1024;
const REFS: usize = 64 * 1024;
const TIMES: usize = REFS + 8 * SAMPLES_MAX;
const VALUES: usize = TIMES + 8 * SAMPLES_MAX;
const OUTPUT: usize = VALUES + 8 * SAMPLES_MAX;

const SLOTS_LOG2: u32 = 10;
const COPY_MIN: u32 = 4;
const COPY_REACH: u32 = 2047;
const LITERAL_MAX: usize = 42;
const DELTA_MAX: f64 = 0x20000000;
const PLACE_MAX: u32 = 0x40000000;
const SAMPLES_RECORD: u8 = 2;

/** Where the record begins, and how far it goes so far; the next one begins further on. */
let base: u32 = COPY_REACH + 1;
let next: u32 = COPY_REACH + 1;
/** Of the record's first sample. */
let firstRef: f64 = 0;
let firstTime: f64 = 0;
/** Bytes of the last record before it was compressed. */
export let recordSize: u32 = 0;
/** Where what was made of it begins. */
export let start: usize = 0;

/**
 * Makes the record of the first `count` samples of the columns, at least one; returns where it ends, or 0 where refs or
 * times lie further apart than 2^29.
 */
export function compress(count: u32): usize {
  const end = compressPart(count, true);
  if (end == 0) return 0;
  // The size as a varint that ends before the first tag.
  let bytes: usize = 1;
  for (let left = recordSize >>> 7; left > 0; left >>>= 7) bytes++;
  start = OUTPUT + 5 - bytes;
  let left = recordSize;
  for (let to = start; to < OUTPUT + 5; to++, left >>>= 7) {
    store<u8>(to, <u8>(to + 1 < OUTPUT + 5 ? left | 0x80 : left));
  }
  return end;
}

/**
 * As `compress`, without the size in front, of a record that is larger than the columns: its first samples, or those behind the ones
 * before. What is made of them begins at `start`; `recordSize` is that of all so far.
 */
export function compressPart(count: u32, isFirst: bool): usize {
  if (isFirst) {
    base = next + COPY_REACH + 1;
    if (base > PLACE_MAX) {
      memory.fill(SLOTS, 0, TABLES_END - SLOTS);
      base = COPY_REACH + 1;
    }
    firstRef = load<f64>(REFS);
    firstTime = load<f64>(TIMES);
  }
  /** Where the tag of the open literal goes. */
  let tag: usize = OUTPUT + 5;
  start = tag;
  let at: usize = OUTPUT + 6;
  /** How far the record goes; `at` is the same place in what is made of it. */
  let place = next;
  if (isFirst) {
    store<u8>(at, SAMPLES_RECORD);
    store<u64>(at, bswap<u64>(<u64><i64>firstRef), 1);
    store<u64>(at, bswap<u64>(<u64><i64>firstTime), 9);
    at += 17;
    place = base + 17;
  }
  for (let k: u32 = 0; k < count; k++) {
    const refDelta = load<f64>(REFS + <usize>(k << 3)) - firstRef;
    const timeDelta = load<f64>(TIMES + <usize>(k << 3)) - firstTime;
    if (!(refDelta > -DELTA_MAX && refDelta < DELTA_MAX && timeDelta > -DELTA_MAX && timeDelta < DELTA_MAX)) {
      next = place;
      return 0;
    }
    const refWord = <i32>refDelta;
    const timeWord = <i32>timeDelta;
    const ref = <u32>((refWord << 1) ^ (refWord >> 31));
    const time = <u32>((timeWord << 1) ^ (timeWord >> 31));
    const value = load<u64>(VALUES + <usize>(k << 3));
    if (at - tag > LITERAL_MAX) {
      store<u8>(tag, <u8>((at - tag - 2) << 2));
      tag = at++;
    }
    const slot = SLOTS + SLOT * <usize>((<u32>(value >> 40) * 0x9e3779b1) >>> (32 - SLOTS_LOG2));
    // The ref's first byte, then what may be as it was: its other bytes and the time.
    const refAt = at;
    let rest = ref;
    for (; rest >= 0x80; rest >>>= 7) store<u8>(at++, <u8>(rest | 0x80));
    store<u8>(at++, <u8>rest);
    const timeAt = at;
    for (rest = time; rest >= 0x80; rest >>>= 7) store<u8>(at++, <u8>(rest | 0x80));
    store<u8>(at++, <u8>rest);
    place += <u32>(at - refAt);
    const back = place - load<u32>(slot, 8);
    let equal: u32 = 0;
    if (back <= COPY_REACH) {
      equal = <u32>clz(value ^ load<u64>(slot)) >>> 3;
      let before: u32 = 0;
      if (load<u32>(slot, 16) == time) {
        before = <u32>(load<u32>(slot, 12) >>> 7 == ref >>> 7 ? at - refAt - 1 : at - timeAt);
      }
      const length = equal + before;
      if (length >= COPY_MIN && length <= 11) {
        at -= before;
        if (at - tag > 1) store<u8>(tag, <u8>((at - tag - 2) << 2));
        else at--;
        store<u8>(at, <u8>(((back >>> 8) << 5) | ((length - 4) << 2) | 1));
        store<u8>(at, <u8>back, 1);
        tag = at + 2;
        at += 3;
      } else {
        equal = 0;
      }
    }
    store<u64>(slot, value);
    store<u32>(slot, place, 8);
    store<u32>(slot, ref, 12);
    store<u32>(slot, time, 16);
    place += 8;
    if (equal < 8) {
      const zeroBytes = <u32>ctz(value) >>> 3;
      // The byte before them, too, where a value ended so.
      const tail = TAILS + <usize>(((zeroBytes << 8) | <u32>((value >> <u64>(zeroBytes << 3)) & 0xff)) << 2);
      let copied = zeroBytes + 1;
      let tailBack = place - load<u32>(tail);
      if (tailBack > COPY_REACH) {
        copied = zeroBytes;
        tailBack = place - load<u32>(ZEROS + <usize>(zeroBytes << 2));
      }
      if (copied > 8 - equal) copied = 8 - equal;
      if (copied < COPY_MIN || tailBack > COPY_REACH) copied = 0;
      store<u32>(tail, place);
      store<u64>(at, bswap<u64>(value << <u64>(equal << 3)));
      at += 8 - equal - copied;
      if (copied > 0) {
        if (at - tag > 1) store<u8>(tag, <u8>((at - tag - 2) << 2));
        else at--;
        store<u8>(at, <u8>(((tailBack >>> 8) << 5) | ((copied - 4) << 2) | 1));
        store<u8>(at, <u8>tailBack, 1);
        tag = at + 2;
        at += 3;
      }
      for (let zeros = COPY_MIN; zeros <= zeroBytes; zeros++) store<u32>(ZEROS + <usize>(zeros << 2), place);
    }
  }
  if (at - tag > 1) store<u8>(tag, <u8>((at - tag - 2) << 2));
  else at--;
  recordSize = place - base;
  next = place;
  return at;
}
