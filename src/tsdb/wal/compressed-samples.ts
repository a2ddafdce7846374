import type { SnappyRecord } from './compressed-series.ts';
import { RECORD } from './record-types.ts';

/** What a log is given: the bytes of a record, as they are or compressed already, or the samples that one is to be made of. */
export type LogRecord = Uint8Array | SnappyRecord | SampleColumns;

/** Rows of a batch's columns, at least one: samples `indexes[from..to-1]`; `bits` are the values as 32-bit halves, low first. */
export interface SampleColumns {
  readonly refs: Float64Array;
  readonly times: Float64Array;
  readonly bits: Uint32Array;
  readonly indexes: Uint32Array;
  readonly from: number;
  readonly to: number;
}

/** What a row may add: three tags, two varints of five bytes, the value, and what is written ahead. */
const ROW_BYTES_MAX = 32;
/** The size of the record (five bytes), and a literal of its type and of the first ref and time. */
const HEADER_BYTES = 5 + 1 + 17;

/** The least match that is worth a copy, which takes two bytes. */
const COPY_MIN = 4;
/** Copies of two bytes reach this far back. */
const COPY_REACH = 2047;
/** A literal that another row's bytes could make longer than 60, where its tag takes more bytes, ends before. */
const LITERAL_MAX = 42;

const SLOTS_LOG2 = 10;
const SLOTS = 1 << SLOTS_LOG2;

/**
 * `samplesRecord` and `snappyEncode` in one: where in a record of samples something is that stood there before is known,
 * so nothing has to be searched.
 *
 * ```text
 * ref: varint | time: varint | value: 8 bytes, big-endian
 *       ....................................              as in the last row whose value began with the same 24 bits: the
 *                                                         ref's bytes but the first, the time, and the value as far as it is equal
 *                                       ........          zeros at the end of the value, as in the last row that ended so
 * ```
 *
 * Everything else is literals. A row of an integer or of a short fraction takes 7 to 9 bytes of 11.
 */
export class SampleCompressor {
  /** What `compress` made lies in `bytes[start..end-1]`, until the next call. */
  bytes: Uint8Array<ArrayBuffer> = new Uint8Array(64 * 1024);
  start = 0;
  end = 0;
  /** Bytes of the record before it was compressed. */
  recordSize = 0;
  #view = new DataView(this.bytes.buffer);
  /** By a hash of how a value begins: the halves of the last such value, where in the record it began, and its ref and time. */
  readonly #highs = new Int32Array(SLOTS);
  readonly #lows = new Int32Array(SLOTS);
  readonly #places = new Int32Array(SLOTS);
  readonly #refs = new Int32Array(SLOTS);
  readonly #times = new Int32Array(SLOTS);
  /** Where in the record the last value ended that ended with so many zero bytes. */
  readonly #zeros = new Int32Array(9);
  /** The same by that number and the byte before them. */
  readonly #tails = new Int32Array(9 << 8);

  /**
   * False, with nothing made, where refs or times lie further apart than 2^29: that is for the usual way. The record is
   * that of `samplesRecord`.
   */
  compress({ refs, times, bits, indexes, from, to }: SampleColumns): boolean {
    const room = HEADER_BYTES + (to - from) * ROW_BYTES_MAX;
    if (room > this.bytes.length) {
      this.bytes = new Uint8Array(2 * room);
      this.#view = new DataView(this.bytes.buffer);
    }
    const { bytes } = this;
    const view = this.#view;
    const highs = this.#highs;
    const lows = this.#lows;
    const places = this.#places;
    const slotRefs = this.#refs;
    const slotTimes = this.#times;
    const zeros = this.#zeros;
    const tails = this.#tails;
    places.fill(-COPY_REACH - 1);
    tails.fill(-COPY_REACH - 1);
    zeros.fill(-COPY_REACH - 1);
    const firstRef = refs[indexes[from]!]!;
    const firstTime = times[indexes[from]!]!;
    /** Where the tag of the open literal goes. */
    let tag = 5;
    let at = 6;
    bytes[at] = RECORD.samples;
    writeInt64(view, at + 1, firstRef);
    writeInt64(view, at + 9, firstTime);
    at += 17;
    /** How far the record goes; `at` is the same place in what is made of it. */
    let place = 17;
    for (let k = from; k < to; k++) {
      const i = indexes[k]!;
      const refDelta = refs[i]! - firstRef;
      const timeDelta = times[i]! - firstTime;
      if (!(refDelta > -0x20000000 && refDelta < 0x20000000 && timeDelta > -0x20000000 && timeDelta < 0x20000000))
        return false;
      const ref = (refDelta << 1) ^ (refDelta >> 31);
      const time = (timeDelta << 1) ^ (timeDelta >> 31);
      const low = bits[2 * i]! | 0;
      const high = bits[2 * i + 1]! | 0;
      if (at - tag > LITERAL_MAX) {
        bytes[tag] = (at - tag - 2) << 2;
        tag = at++;
      }
      const slot = Math.imul(high >>> 8, 0x9e3779b1) >>> (32 - SLOTS_LOG2);
      // The ref's first byte, then what may be as it was: its other bytes and the time.
      let refSize = 1;
      let rest = ref;
      while (rest >= 0x80) {
        bytes[at++] = rest | 0x80;
        rest >>>= 7;
        refSize++;
      }
      bytes[at++] = rest;
      let timeSize = 1;
      rest = time;
      while (rest >= 0x80) {
        bytes[at++] = rest | 0x80;
        rest >>>= 7;
        timeSize++;
      }
      bytes[at++] = rest;
      place += refSize + timeSize;
      const back = place - places[slot]!;
      let equal = 0;
      if (back <= COPY_REACH) {
        const xorHigh = high ^ highs[slot]!;
        equal = xorHigh === 0 ? 4 + (Math.clz32(low ^ lows[slot]!) >>> 3) : Math.clz32(xorHigh) >>> 3;
        let before = 0;
        if (slotTimes[slot] === time) before = slotRefs[slot]! >>> 7 === ref >>> 7 ? timeSize + refSize - 1 : timeSize;
        const length = equal + before;
        if (length >= COPY_MIN && length <= 11) {
          at -= before;
          if (at - tag > 1) bytes[tag] = (at - tag - 2) << 2;
          else at--;
          bytes[at] = ((back >>> 8) << 5) | ((length - 4) << 2) | 1;
          bytes[at + 1] = back;
          tag = at + 2;
          at += 3;
        } else {
          equal = 0;
        }
      }
      highs[slot] = high;
      lows[slot] = low;
      places[slot] = place;
      slotRefs[slot] = ref;
      slotTimes[slot] = time;
      place += 8;
      if (equal < 8) {
        const zeroBytes =
          low === 0
            ? high === 0
              ? 8
              : 4 + ((31 - Math.clz32(high & -high)) >>> 3)
            : (31 - Math.clz32(low & -low)) >>> 3;
        // The byte before them, too, where a value ended so.
        const byteBefore = zeroBytes < 4 ? (low >>> (8 * zeroBytes)) & 0xff : (high >>> (8 * zeroBytes - 32)) & 0xff;
        const tail = (zeroBytes << 8) | byteBefore;
        let copied = zeroBytes + 1;
        let tailBack = place - tails[tail]!;
        if (tailBack > COPY_REACH) {
          copied = zeroBytes;
          tailBack = place - zeros[zeroBytes]!;
        }
        if (copied > 8 - equal) copied = 8 - equal;
        if (copied < COPY_MIN || tailBack > COPY_REACH) copied = 0;
        tails[tail] = place;
        if (equal === 0) {
          view.setInt32(at, high);
          view.setInt32(at + 4, low);
          at += 8 - copied;
        } else {
          for (let byte = equal; byte < 8 - copied; byte++)
            bytes[at++] = byte < 4 ? high >>> (24 - 8 * byte) : low >>> (56 - 8 * byte);
        }
        if (copied > 0) {
          if (at - tag > 1) bytes[tag] = (at - tag - 2) << 2;
          else at--;
          bytes[at] = ((tailBack >>> 8) << 5) | ((copied - 4) << 2) | 1;
          bytes[at + 1] = tailBack;
          tag = at + 2;
          at += 3;
        }
        for (let count = COPY_MIN; count <= zeroBytes; count++) zeros[count] = place;
      }
    }
    if (at - tag > 1) bytes[tag] = (at - tag - 2) << 2;
    else at--;
    this.end = at;
    this.recordSize = place;
    this.start = 5 - writeSizeBefore(bytes, place);
    return true;
  }
}

/** Writes a size as a varint that ends before byte 5; returns how many bytes it takes. */
function writeSizeBefore(bytes: Uint8Array, size: number): number {
  let count = 1;
  for (let rest = size >>> 7; rest > 0; rest >>>= 7) count++;
  let rest = size;
  for (let at = 5 - count; at < 5; at++, rest >>>= 7) bytes[at] = at < 4 ? (rest & 0x7f) | 0x80 : rest;
  return count;
}

function writeInt64(view: DataView, at: number, value: number): void {
  view.setUint32(at, Math.floor(value / 0x100000000) >>> 0);
  view.setUint32(at + 4, value >>> 0);
}
