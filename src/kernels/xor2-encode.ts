import { putBits, putWide } from './bit-write.ts';
import { putStartTime, START_TIME_BITS_MAX, START_TIME_ENCODE_STATE, startTimeHeader } from './start-time-encode.ts';
import { writeUvarint, writeVarint } from './varint.ts';
import { XOR2_HEADER_BYTES } from './xor2-decode.ts';

/**
 * XOR2 chunks, writing; `xor2-decode.ts` draws them. What the next sample is written against: the last one, the last
 * value that was no stale marker, and its window.
 */
export interface Xor2State {
  count: number;
  /** Bits of the chunk so far, its header included. */
  bit: number;
  time: number;
  delta: number;
  low: number;
  high: number;
  /** Of the last window; `NO_WINDOW` before the first one. */
  leading: number;
  trailing: number;
  readonly start: Float64Array;
}

/** The most bytes that one sample adds: a time and a value of 147 bits, and a start time, begun inside a byte. */
export const XOR2_APPEND_BYTES_MAX = 1 + Math.ceil((147 + START_TIME_BITS_MAX) / 8);

/** Steps between two times are within this, so that differences of steps are exact. */
export const XOR2_STEP_MAX = 2 ** 52;

const NO_WINDOW = 0xff;
const STALE_LOW = 2;
const STALE_HIGH = 0x7ff00000;
const TWO_32 = 4294967296;

export function createXor2State(): Xor2State {
  return {
    count: 0,
    bit: 0,
    time: 0,
    delta: 0,
    low: 0,
    high: 0,
    leading: NO_WINDOW,
    trailing: 0,
    start: new Float64Array(START_TIME_ENCODE_STATE),
  };
}

/** Begins a chunk at `bytes[offset]`: an empty header, and a state that knows no sample. */
export function xor2Begin(bytes: Uint8Array, offset: number, state: Xor2State): void {
  bytes.fill(0, offset, offset + XOR2_HEADER_BYTES);
  state.count = 0;
  state.bit = XOR2_HEADER_BYTES * 8;
  state.time = 0;
  state.delta = 0;
  state.low = 0;
  state.high = 0;
  state.leading = NO_WINDOW;
}

/** Bytes that the chunk takes so far. */
export function xor2ByteLength(state: Xor2State): number {
  return (state.bit + 7) >>> 3;
}

/** True where a sample at `time` can follow: the step is one that can be told exactly. */
export function xor2Fits({ count, time: last }: Xor2State, time: number): boolean {
  return count === 0 || time - last <= XOR2_STEP_MAX;
}

/**
 * Appends one sample to the chunk at `bytes[offset]` and moves the state on. The caller has made sure of
 * `XOR2_APPEND_BYTES_MAX` bytes of room, of an integer time after the last one that fits, of a start time (0: none) that
 * `isStorableStart`, and of a count below 65,535; the header's count is the caller's to write.
 */
export function xor2Append(
  bytes: Uint8Array,
  offset: number,
  state: Xor2State,
  time: number,
  low: number,
  high: number,
  startTime: number,
): void {
  const { count, time: previous } = state;
  const isStale = low === STALE_LOW && high === STALE_HIGH;
  let bit = offset * 8 + state.bit;
  if (count > 1) {
    const delta = time - previous;
    bit = putStep(bytes, bit, state, delta - state.delta, low, high, isStale);
    state.delta = delta;
  } else if (count === 1) {
    state.delta = time - previous;
    bit = writeUvarint(bytes, bit >>> 3, state.delta) * 8;
    bit = putValue(bytes, bit, state, low, high, isStale);
  } else {
    bit = writeVarint(bytes, bit >>> 3, time) * 8;
    bit = putWide(bytes, bit, low, high);
  }
  bit = putStartTime(bytes, bit, count, time, previous, startTime, state.start);
  bytes[offset + 2] = startTimeHeader(state.start);
  if (!isStale) {
    state.low = low;
    state.high = high;
  }
  state.time = time;
  state.bit = bit - offset * 8;
  state.count = count + 1;
}

/** Time and value of a third or later sample; `dod` is the difference of steps. */
function putStep(
  bytes: Uint8Array,
  bit: number,
  state: Xor2State,
  dod: number,
  low: number,
  high: number,
  isStale: boolean,
): number {
  if (dod === 0) {
    if (isStale) return putBits(bytes, bit, 31, 5);
    if (low === state.low && high === state.high) return putBits(bytes, bit, 0, 1);
    return putChanged(bytes, putBits(bytes, bit, 2, 2), state, low, high, SAME_STEP);
  }
  let at: number;
  if (dod >= -4096 && dod <= 4095) {
    at = putBits(bytes, bit, 0xc000 | (dod & 0x1fff), 16);
  } else if (dod >= -524288 && dod <= 524287) {
    at = putBits(bytes, bit, 0xe00000 | (dod & 0xfffff), 24);
  } else {
    const upper = Math.floor(dod / TWO_32);
    at = putWide(bytes, putBits(bytes, bit, 30, 5), dod - upper * TWO_32, upper);
  }
  return putValue(bytes, at, state, low, high, isStale);
}

function putValue(
  bytes: Uint8Array,
  bit: number,
  state: Xor2State,
  low: number,
  high: number,
  isStale: boolean,
): number {
  if (isStale) return putBits(bytes, bit, 7, 3);
  if (low === state.low && high === state.high) return putBits(bytes, bit, 0, 1);
  return putChanged(bytes, bit, state, low, high, OTHER_STEP);
}

/** What stands before changed bits in the last window and in a new one. */
interface WindowPrefixes {
  readonly last: number;
  readonly lastBits: number;
  readonly new: number;
  readonly newBits: number;
}

const SAME_STEP: WindowPrefixes = { last: 0, lastBits: 1, new: 1, newBits: 1 };
const OTHER_STEP: WindowPrefixes = { last: 2, lastBits: 2, new: 6, newBits: 3 };

function putChanged(
  bytes: Uint8Array,
  bit: number,
  state: Xor2State,
  low: number,
  high: number,
  prefixes: WindowPrefixes,
): number {
  const xorLow = low ^ state.low;
  const xorHigh = high ^ state.high;
  const zerosBefore = xorHigh === 0 ? 31 : Math.clz32(xorHigh);
  const zerosAfter = xorLow === 0 ? 63 - Math.clz32(xorHigh & -xorHigh) : 31 - Math.clz32(xorLow & -xorLow);
  let at: number;
  if (state.leading !== NO_WINDOW && zerosBefore >= state.leading && zerosAfter >= state.trailing) {
    at = putBits(bytes, bit, prefixes.last, prefixes.lastBits);
  } else {
    state.leading = zerosBefore;
    state.trailing = zerosAfter;
    at = putBits(bytes, bit, prefixes.new, prefixes.newBits);
    at = putBits(bytes, at, (zerosBefore << 6) | ((64 - zerosBefore - zerosAfter) & 63), 11);
  }
  const { trailing } = state;
  const length = 64 - state.leading - trailing;
  let shiftedLow = xorLow;
  let shiftedHigh = xorHigh;
  if (trailing >= 32) {
    shiftedLow = xorHigh >>> (trailing - 32);
    shiftedHigh = 0;
  } else if (trailing > 0) {
    shiftedLow = (xorLow >>> trailing) | (xorHigh << (32 - trailing));
    shiftedHigh = xorHigh >>> trailing;
  }
  if (length <= 32) return putBits(bytes, at, shiftedLow, length);
  return putBits(bytes, putBits(bytes, at, shiftedHigh, length - 32), shiftedLow, 32);
}
