import {
  NO_XOR_WINDOW,
  putVarbitInt,
  putVarbitUint,
  putWide,
  putXor,
  VARBIT_BITS_MAX,
  XOR_BITS_MAX,
} from './bit-write.ts';
import { COUNT_SLOT, FIRST_BUCKET, type HistogramState, SUM_SLOT, ZERO_SLOT } from './histogram-state.ts';
import { START_TIME_BITS_MAX } from './start-time-encode.ts';

/**
 * Samples of histogram chunks, writing. Behind the header and the layout (`tsdb/chunk/histogram-layout.ts`):
 *
 * ```text
 * integer   first   time: varbit | count: varbit | zero count: varbit | sum: 64 bits | buckets: varbit ...
 *           then    time: dod    | count: dod    | zero count: dod    | sum: xor     | buckets: dod ...
 * float     first   time: varbit | count, zero count, sum, buckets: 64 bits each
 *           then    time: dod    | count, zero count, sum, buckets: xor each
 * ```
 *
 * dod is the varbit of the difference of differences (the second sample's difference counts from 0). A stale sample ends
 * with its sum. Source of the format: Prometheus' `tsdb/docs/format/chunks.md`.
 */

/** The most bytes that one sample of so many buckets takes with a start time behind it, begun inside a byte. */
export function histogramSampleBytesMax(buckets: number): number {
  return 1 + Math.ceil((VARBIT_BITS_MAX + (FIRST_BUCKET + buckets) * XOR_BITS_MAX + START_TIME_BITS_MAX) / 8);
}

/** Writes the first sample of a chunk and begins the state with it. All slots of `values` are written. */
export function integerHistogramBegin(
  bytes: Uint8Array,
  bit: number,
  state: HistogramState,
  time: number,
  values: Float64Array,
  halves: Uint32Array,
  slots: number,
): number {
  begin(state, time, halves, slots);
  let at = putVarbitInt(bytes, bit, time);
  at = putVarbitUint(bytes, at, values[COUNT_SLOT]!);
  at = putVarbitUint(bytes, at, values[ZERO_SLOT]!);
  at = putWide(bytes, at, halves[2 * SUM_SLOT]!, halves[2 * SUM_SLOT + 1]!);
  for (let i = FIRST_BUCKET; i < slots; i++) at = putVarbitInt(bytes, at, values[i]!);
  return at;
}

/**
 * Writes one more sample; `slots` is that of the first one, or `FIRST_BUCKET` for a stale marker, whose counts are 0 and
 * are not written.
 */
export function integerHistogramAppend(
  bytes: Uint8Array,
  bit: number,
  state: HistogramState,
  time: number,
  values: Float64Array,
  halves: Uint32Array,
  slots: number,
  isStale: boolean,
): number {
  const { values: last, halves: lastHalves, deltas, times, windows } = state;
  let at = putTime(bytes, bit, times, time);
  for (let slot = COUNT_SLOT; slot <= ZERO_SLOT; slot++) {
    const delta = values[slot]! - last[slot]!;
    at = putVarbitInt(bytes, at, isStale ? 0 : delta - deltas[slot]!);
    deltas[slot] = delta;
    last[slot] = values[slot]!;
  }
  const low = halves[2 * SUM_SLOT]!;
  const high = halves[2 * SUM_SLOT + 1]!;
  at = putXor(bytes, at, low ^ lastHalves[2 * SUM_SLOT]!, high ^ lastHalves[2 * SUM_SLOT + 1]!, windows, SUM_SLOT);
  lastHalves[2 * SUM_SLOT] = low;
  lastHalves[2 * SUM_SLOT + 1] = high;
  for (let i = FIRST_BUCKET; i < slots; i++) {
    const value = values[i]!;
    const delta = value - last[i]!;
    at = putVarbitInt(bytes, at, delta - deltas[i]!);
    deltas[i] = delta;
    last[i] = value;
  }
  return at;
}

/** As `integerHistogramBegin`, with absolute buckets and all slots taken by their bits. */
export function floatHistogramBegin(
  bytes: Uint8Array,
  bit: number,
  state: HistogramState,
  time: number,
  halves: Uint32Array,
  slots: number,
): number {
  begin(state, time, halves, slots);
  let at = putVarbitInt(bytes, bit, time);
  for (let i = 0; i < slots; i++) at = putWide(bytes, at, halves[2 * i]!, halves[2 * i + 1]!);
  return at;
}

/** Writes one more sample; `slots` is that of the first one, or `FIRST_BUCKET` for a stale marker. */
export function floatHistogramAppend(
  bytes: Uint8Array,
  bit: number,
  state: HistogramState,
  time: number,
  halves: Uint32Array,
  slots: number,
): number {
  const { halves: last, times, windows } = state;
  let at = putTime(bytes, bit, times, time);
  for (let i = 0; i < slots; i++) {
    const low = halves[2 * i]!;
    const high = halves[2 * i + 1]!;
    at = putXor(bytes, at, low ^ last[2 * i]!, high ^ last[2 * i + 1]!, windows, i);
    last[2 * i] = low;
    last[2 * i + 1] = high;
  }
  return at;
}

function begin(state: HistogramState, time: number, halves: Uint32Array, slots: number): void {
  state.times[0] = time;
  state.times[1] = 0;
  for (let i = 0; i < 2 * slots; i++) state.halves[i] = halves[i]!;
  state.deltas.fill(0);
  state.windows.fill(NO_XOR_WINDOW);
}

function putTime(bytes: Uint8Array, bit: number, times: Float64Array, time: number): number {
  const delta = time - times[0]!;
  const at = putVarbitInt(bytes, bit, delta - times[1]!);
  times[0] = time;
  times[1] = delta;
  return at;
}
