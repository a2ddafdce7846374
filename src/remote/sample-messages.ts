import { uvarintSize, writeUvarint, writeUvarint64 } from '../kernels/varint.ts';
import type { FloatHistogram } from '../model/histogram.ts';

/** Of a `Sample` with its tag and size: `1 value: fixed64`, `2 time: varint`. */
export const SAMPLE_BYTES_MAX = 2 + 9 + 11;

/** A sample as a field of its series, its value, and the time. */
const SAMPLE_TAG = 2 * 8 + 2;
const VALUE_TAG = 8 + 1;
const TIME_TAG = 2 * 8;
const VALUE_BYTES = 9;
const NEGATIVE_BYTES = 10;

type Histograms = readonly (FloatHistogram | undefined)[] | null;

/** What `writeSamples` writes. */
export function samplesSize(
  times: Float64Array,
  bits: Uint32Array,
  histograms: Histograms,
  from: number,
  to: number,
): number {
  let size = 0;
  for (let i = from; i < to; i++) {
    if (histograms !== null && histograms[i] !== undefined) continue;
    size += 2 + valueSize(bits, i) + timeSize(times[i]!);
  }
  return size;
}

/**
 * Writes the samples `from` up to `to` that are no histograms, with their values by their bits, so that a NaN keeps its payload;
 * zeros of both signs are left out, and a time of zero. Returns the offset behind them; there must be room for
 * `SAMPLE_BYTES_MAX` each.
 */
export function writeSamples(
  times: Float64Array,
  bits: Uint32Array,
  histograms: Histograms,
  from: number,
  to: number,
  bytes: Uint8Array,
  at: number,
): number {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  for (let i = from; i < to; i++) {
    if (histograms !== null && histograms[i] !== undefined) continue;
    const sizeAt = at + 1;
    bytes[at] = SAMPLE_TAG;
    at += 2;
    if (valueSize(bits, i) > 0) {
      bytes[at] = VALUE_TAG;
      view.setUint32(at + 1, bits[2 * i]!, true);
      view.setUint32(at + 5, bits[2 * i + 1]!, true);
      at += VALUE_BYTES;
    }
    const time = times[i]!;
    if (time >= TIME_FAST_MIN && time < TIME_FAST_MAX) {
      // Six bytes, as those of times from 1971 to 2109 have.
      const high = Math.floor(time / 0x10000000);
      const low = time - high * 0x10000000;
      bytes[at] = TIME_TAG;
      bytes[at + 1] = low | 0x80;
      bytes[at + 2] = (low >>> 7) | 0x80;
      bytes[at + 3] = (low >>> 14) | 0x80;
      bytes[at + 4] = (low >>> 21) | 0x80;
      bytes[at + 5] = high | 0x80;
      bytes[at + 6] = high >>> 7;
      at += 7;
    } else if (time !== 0) {
      bytes[at] = TIME_TAG;
      at =
        time > 0
          ? writeUvarint(bytes, at + 1, time)
          : writeUvarint64(bytes, at + 1, time >>> 0, Math.floor(time / 0x100000000) >>> 0);
    }
    bytes[sizeAt] = at - sizeAt - 1;
  }
  return at;
}

/** Times, ms, whose varints have six bytes. */
const TIME_FAST_MIN = 2 ** 35;
const TIME_FAST_MAX = 2 ** 42;

function valueSize(bits: Uint32Array, i: number): number {
  return bits[2 * i] !== 0 || (bits[2 * i + 1]! & 0x7fffffff) !== 0 ? VALUE_BYTES : 0;
}

function timeSize(time: number): number {
  if (time >= TIME_FAST_MIN && time < TIME_FAST_MAX) return 7;
  if (time === 0) return 0;
  return 1 + (time < 0 ? NEGATIVE_BYTES : uvarintSize(time));
}
