import { BITS_MALFORMED, BITS_TRUNCATED, takeVarbitInt, takeVarbitUint, takeWide, takeXor } from './bit-read.ts';
import {
  COUNT_SLOT,
  FIRST_BUCKET,
  type HistogramState,
  INTEGER_COUNT_MAX,
  SUM_SLOT,
  ZERO_SLOT,
} from './histogram-state.ts';

/**
 * Samples of histogram chunks, reading; `histogram-encode.ts` draws the format.
 *
 * Each function reads one sample into the state and returns the position of the next, or a negative code. `first` tells
 * that it is the chunk's first one. The quick loops look at 32 bits at a time and need `LOOK_AHEAD_BYTES` readable bytes,
 * which may be those of a neighbour; `end`, the chunk's end in bits, is held to after each sample.
 */

/** The chunk ends inside a sample. */
export const HISTOGRAM_TRUNCATED = BITS_TRUNCATED;
/** A number that no writer makes. */
export const HISTOGRAM_MALFORMED = BITS_MALFORMED;
/** A count that is not exact as a double any more, or a time beyond +-(2^53 - 1) ms. */
export const HISTOGRAM_OUT_OF_RANGE = -3;

const STALE_LOW = 2;
const STALE_HIGH = 0x7ff00000;
const TIME_MAX = 9007199254740991;
/** A look takes 4 bytes; a value of 64 bits behind it 9 more. */
const LOOK_AHEAD_BYTES = 16;
const FIRST_WINDOW = 0;

const scratch = new Float64Array(1);

/**
 * Reads one sample of an integer histogram. Its absolute bucket counts go to `counts[FIRST_BUCKET ...]`; those of the
 * negative side begin at slot `negativeFrom`. A stale marker leaves them as they are.
 */
export function integerHistogramNext(
  bytes: Uint8Array,
  view: DataView,
  bit: number,
  end: number,
  state: HistogramState,
  slots: number,
  negativeFrom: number,
  counts: Float64Array,
  first: boolean,
): number {
  let at = first ? beginInteger(bytes, bit, end, state) : continueInteger(bytes, bit, end, state);
  if (at < 0) return at;
  if (isStaleSum(state.halves)) return at;
  const { values, deltas } = state;
  const quickEnd = bytes.length - LOOK_AHEAD_BYTES;
  let current = 0;
  for (let i = FIRST_BUCKET; i < slots; i++) {
    const p = at >>> 3;
    let dod = 0;
    if (p <= quickEnd) {
      // At least 25 bits are valid.
      const look = view.getUint32(p) << (at & 7);
      if (look >= 0) at += 1;
      else if (look < -0x40000000) {
        dod = (look << 2) >>> 29;
        if (dod > 4) dod -= 8;
        at += 5;
      } else if (look < -0x20000000) {
        dod = (look << 3) >>> 26;
        if (dod > 32) dod -= 64;
        at += 9;
      } else if (look < -0x10000000) {
        dod = (look << 4) >>> 23;
        if (dod > 256) dod -= 512;
        at += 13;
      } else if (look < -0x08000000) {
        dod = (look << 5) >>> 20;
        if (dod > 2048) dod -= 4096;
        at += 17;
      } else if (look < -0x04000000) {
        dod = (look << 6) >>> 14;
        if (dod > 131072) dod -= 262144;
        at += 24;
      } else {
        at = takeVarbitInt(bytes, at, end, scratch);
        if (at < 0) return at;
        dod = scratch[0]!;
      }
    } else {
      at = takeVarbitInt(bytes, at, end, scratch);
      if (at < 0) return at;
      dod = scratch[0]!;
    }
    if (i === negativeFrom) current = 0;
    let value = dod;
    if (!first) {
      const delta = deltas[i]! + dod;
      deltas[i] = delta;
      value = values[i]! + delta;
    }
    values[i] = value;
    current += value;
    if (current > INTEGER_COUNT_MAX || current < -INTEGER_COUNT_MAX) return HISTOGRAM_OUT_OF_RANGE;
    counts[i] = current;
  }
  return at > end ? HISTOGRAM_TRUNCATED : at;
}

/** Reads one sample of a float histogram; a stale marker leaves the buckets as they are. */
export function floatHistogramNext(
  bytes: Uint8Array,
  view: DataView,
  bit: number,
  end: number,
  state: HistogramState,
  slots: number,
  first: boolean,
): number {
  const { halves, windows } = state;
  let at = first ? takeFirstTime(bytes, bit, end, state) : takeTime(bytes, bit, end, state);
  if (at < 0) return at;
  const quickEnd = bytes.length - LOOK_AHEAD_BYTES;
  for (let i = 0; i < slots; i++) {
    if (i === FIRST_BUCKET && isStaleSum(halves)) return at;
    if (first) {
      at = takeWide(bytes, at, end, halves, i);
    } else {
      const p = at >>> 3;
      if (p <= quickEnd && view.getUint32(p) << (at & 7) >= 0) at += 1;
      else at = takeXor(bytes, at, end, halves, windows, i);
    }
    if (at < 0) return at;
  }
  return at > end ? HISTOGRAM_TRUNCATED : at;
}

/** True where the sum in `halves` is the staleness marker. */
export function isStaleSum(halves: Uint32Array): boolean {
  return halves[2 * SUM_SLOT] === STALE_LOW && halves[2 * SUM_SLOT + 1] === STALE_HIGH;
}

function beginInteger(bytes: Uint8Array, bit: number, end: number, state: HistogramState): number {
  let at = takeFirstTime(bytes, bit, end, state);
  for (let slot = COUNT_SLOT; slot <= ZERO_SLOT; slot++) {
    if (at < 0) return at;
    at = takeVarbitUint(bytes, at, end, scratch);
    state.values[slot] = scratch[0]!;
    if (at >= 0 && scratch[0]! > INTEGER_COUNT_MAX) return HISTOGRAM_OUT_OF_RANGE;
  }
  return at < 0 ? at : takeWide(bytes, at, end, state.halves, SUM_SLOT);
}

function continueInteger(bytes: Uint8Array, bit: number, end: number, state: HistogramState): number {
  const { values, deltas } = state;
  let at = takeTime(bytes, bit, end, state);
  for (let slot = COUNT_SLOT; slot <= ZERO_SLOT; slot++) {
    if (at < 0) return at;
    at = takeVarbitInt(bytes, at, end, scratch);
    deltas[slot]! += scratch[0]!;
    values[slot]! += deltas[slot]!;
  }
  if (at < 0) return at;
  at = takeXor(bytes, at, end, state.halves, state.windows, SUM_SLOT);
  // The counts of a stale marker mean nothing.
  const inRange = values[COUNT_SLOT]! <= INTEGER_COUNT_MAX && values[COUNT_SLOT]! >= 0;
  return at < 0 || inRange || isStaleSum(state.halves) ? at : HISTOGRAM_OUT_OF_RANGE;
}

function takeFirstTime(bytes: Uint8Array, bit: number, end: number, state: HistogramState): number {
  const at = takeVarbitInt(bytes, bit, end, scratch);
  state.times[0] = scratch[0]!;
  state.times[1] = 0;
  state.deltas.fill(0);
  state.windows.fill(FIRST_WINDOW);
  return at >= 0 && Math.abs(scratch[0]!) > TIME_MAX ? HISTOGRAM_OUT_OF_RANGE : at;
}

function takeTime(bytes: Uint8Array, bit: number, end: number, { times }: HistogramState): number {
  const at = takeVarbitInt(bytes, bit, end, scratch);
  if (at < 0) return at;
  times[1]! += scratch[0]!;
  times[0]! += times[1]!;
  return Math.abs(times[0]!) > TIME_MAX ? HISTOGRAM_OUT_OF_RANGE : at;
}
