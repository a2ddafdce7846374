import { putBits, putVarbitInt, VARBIT_BITS_MAX } from './bit-write.ts';

/**
 * Start times behind the samples of chunks, writing; `start-time-decode.ts` draws them.
 *
 * The state: the start time of the last sample (ms, 0 = none), the difference that it was written as, and the header
 * byte, which the chunk's owner puts to its place after each sample.
 */
export const START_TIME_ENCODE_STATE = 3;
const START = 0;
const DIFFERENCE = 1;
const HEADER = 2;

/**
 * Times of samples that have a start time, and start times, are within this, so that all differences between them are
 * exact. Whoever appends leaves other start times out.
 */
export const START_TIME_MAX = 2 ** 51;

/** The most bits that one start time takes: ten bytes of a varint, or a varbit. */
export const START_TIME_BITS_MAX = Math.max(80, VARBIT_BITS_MAX);

/** The header has seven bits for where start times begin; a chunk that is longer has one from here on with each sample. */
const INDEX_MAX = 0x7f;

/** True where a start time may be written behind a sample. */
export function isStorableStart(time: number, start: number): boolean {
  return Math.abs(time) <= START_TIME_MAX && Math.abs(start) <= START_TIME_MAX;
}

export function startTimeHeader(state: Float64Array): number {
  return state[HEADER]!;
}

/**
 * Writes what stands behind the sample `index` (from 0) and moves the state on. `previous` is the time of the sample
 * before, `start` 0 where the sample has none. Returns the next position.
 */
export function putStartTime(
  bytes: Uint8Array,
  bit: number,
  index: number,
  time: number,
  previous: number,
  start: number,
  state: Float64Array,
): number {
  if (index === 0) {
    state[START] = start;
    state[DIFFERENCE] = 0;
    state[HEADER] = start === 0 ? 0 : 0x80;
    return start === 0 ? bit : putZigZag(bytes, bit, time - start);
  }
  const header = state[HEADER]!;
  const isFirst = (header & INDEX_MAX) === 0;
  if (isFirst && start === state[START] && index !== INDEX_MAX) return bit;
  const difference = previous - start;
  const at = putVarbitInt(bytes, bit, isFirst ? difference : difference - state[DIFFERENCE]!);
  if (isFirst) state[HEADER] = header | index;
  state[START] = start;
  state[DIFFERENCE] = difference;
  return at;
}

/** A zigzag varint that may begin inside a byte. */
function putZigZag(bytes: Uint8Array, bit: number, value: number): number {
  // Below 2^53 for what is storable, so that multiplying and dividing are exact.
  let rest = value < 0 ? -2 * value - 1 : 2 * value;
  let at = bit;
  while (rest >= 128) {
    at = putBits(bytes, at, (rest % 128) | 128, 8);
    rest = Math.floor(rest / 128);
  }
  return putBits(bytes, at, rest, 8);
}
