import { BITS_MALFORMED, BITS_TRUNCATED, bitsAt, takeVarbitInt } from './bit-read.ts';

/**
 * Start times behind the samples of XOR2 chunks and of histogram chunks with start times.
 *
 * ```text
 * header u8: the first sample has one (1 bit) | index of the first sample from which on each has one, 0 = none (7 bits)
 * first      zigzag varint of bytes: time - start
 * later      varbit: at the header's index `time of the sample before - start`, then what that changes by
 * ```
 * A sample without one has that of the sample before, at first none.
 *
 * The state: the start time (ms, 0 = none), the difference it was made of, and a place to work in.
 */
export const START_TIME_STATE = 3;

const TWO_32 = 4294967296;
const START_MAX = 9007199254740991;

/**
 * Moves the state on to the sample `index` with time `time`, whose own bits end at `bit`; `previous` is the time of the
 * sample before. Returns the next position, or a negative code.
 */
export function takeStartTime(
  bytes: Uint8Array,
  bit: number,
  end: number,
  header: number,
  index: number,
  time: number,
  previous: number,
  state: Float64Array,
): number {
  if (index === 0) {
    state[0] = 0;
    state[1] = 0;
    if (header < 0x80) return bit;
    const next = takeVarint(bytes, bit, end, state);
    if (next < 0) return next;
    state[0] = time - state[2]!;
    return isExact(state) ? next : BITS_MALFORMED;
  }
  const from = header & 0x7f;
  if (from === 0 || index < from) return bit;
  const next = takeVarbitInt(bytes, bit, end, scratch);
  if (next < 0) return next;
  state[1] = index === from ? scratch[0]! : state[1]! + scratch[0]!;
  state[0] = previous - state[1]!;
  return isExact(state) ? next : BITS_MALFORMED;
}

const scratch = new Float64Array(1);

function isExact(state: Float64Array): boolean {
  return Math.abs(state[0]!) <= START_MAX && Math.abs(state[1]!) <= START_MAX;
}

/** Reads a zigzag varint that may begin inside a byte to `state[2]`. */
function takeVarint(bytes: Uint8Array, bit: number, end: number, state: Float64Array): number {
  let low = 0;
  let high = 0;
  let at = bit;
  for (let shift = 0; shift < 70; shift += 7) {
    if (at + 8 > end) return BITS_TRUNCATED;
    const byte = bitsAt(bytes, at, 8);
    at += 8;
    if (shift === 63 && byte > 1) return BITS_MALFORMED;
    const part = byte & 0x7f;
    if (shift < 32) low |= part << shift;
    if (shift === 28) high = part >>> 4;
    else if (shift > 28) high |= part << (shift - 32);
    if (byte >= 0x80) continue;
    const sign = -(low & 1);
    const halfLow = ((low >>> 1) | (high << 31)) ^ sign;
    state[2] = ((high >>> 1) ^ sign) * TWO_32 + (halfLow >>> 0);
    return at;
  }
  return BITS_MALFORMED;
}
