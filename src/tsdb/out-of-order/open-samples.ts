import { EXTENT_UNIT_BYTES, type Extents, extentOffset, extentSlab } from '../../memory/extents.ts';
import type { FlatHistogram } from '../chunk/flat-histogram.ts';

/** Samples that are collected before they become a chunk; the reference's default, so that its chunks are alike. */
export const OPEN_SAMPLES_MAX = 32;
/** A buffer starts with room for so many and doubles. A sample takes 16 bytes, a unit of the extents. */
const FIRST_CAPACITY = 4;

/** Bytes that the buffer of one series can ask of the extents while it grows to its full size. */
export const OPEN_SAMPLES_BYTES_MAX = 2 * OPEN_SAMPLES_MAX * EXTENT_UNIT_BYTES;

/** The newest out-of-order samples of one series, in the order of their times, each time once. */
export interface OpenSamples {
  count: number;
  /** Where they are; 0 while there are none. */
  extent: number;
  /** Parallel to the samples, null for a float; null while all are floats. A histogram's value is its sum. */
  histograms: (FlatHistogram | null)[] | null;
  /** Parallel to the samples (ms, 0 = none); null while none has a start time. */
  startTimes: number[] | null;
}

/** Puts samples into extents as pairs of time and value. Readers never see these extents: they get copies. */
export class OpenSampleBuffers {
  readonly #extents: Extents;
  readonly #doubles: Float64Array[] = [];
  readonly #words: Uint32Array[] = [];
  #filled = 0;

  constructor(extents: Extents) {
    this.#extents = extents;
  }

  /** Buffers that have samples. */
  get filled(): number {
    return this.#filled;
  }

  /** Adds a sample at its place; false where there is one of that time already. There are fewer than the maximum. */
  insert(
    samples: OpenSamples,
    time: number,
    low: number,
    high: number,
    histogram: FlatHistogram | null,
    startTime: number,
  ): boolean {
    const { count } = samples;
    const at = this.#place(samples, time);
    if (at < count && this.time(samples, at) === time) return false;
    this.#makeRoom(samples);
    const slab = extentSlab(samples.extent);
    const start = extentOffset(samples.extent) / 8;
    const doubles = this.#slab(slab);
    const words = this.#words[slab]!;
    if (at < count) words.copyWithin(2 * (start + 2 * (at + 1)), 2 * (start + 2 * at), 2 * (start + 2 * count));
    doubles[start + 2 * at] = time;
    words[2 * (start + 2 * at) + 2] = low;
    words[2 * (start + 2 * at) + 3] = high;
    if (histogram !== null) samples.histograms ??= new Array<null>(count).fill(null);
    samples.histograms?.splice(at, 0, histogram);
    if (startTime !== 0) samples.startTimes ??= new Array<number>(count).fill(0);
    samples.startTimes?.splice(at, 0, startTime);
    samples.count++;
    return true;
  }

  /** True where there is a sample of that time. */
  holds(samples: OpenSamples, time: number): boolean {
    const at = this.#place(samples, time);
    return at < samples.count && this.time(samples, at) === time;
  }

  time({ extent }: OpenSamples, index: number): number {
    return this.#slab(extentSlab(extent))[extentOffset(extent) / 8 + 2 * index]!;
  }

  /** Copies the samples `from .. to` behind others; `bits` gets two words for each. */
  copy({ extent }: OpenSamples, from: number, to: number, times: Float64Array, bits: Uint32Array, at: number): void {
    const doubles = this.#slab(extentSlab(extent));
    const words = this.#words[extentSlab(extent)]!;
    const start = extentOffset(extent) / 8;
    for (let i = from, target = at; i < to; i++, target++) {
      times[target] = doubles[start + 2 * i]!;
      bits[2 * target] = words[2 * (start + 2 * i) + 2]!;
      bits[2 * target + 1] = words[2 * (start + 2 * i) + 3]!;
    }
  }

  /** Puts floats without start times, with rising times, in the place of all samples. */
  replace(samples: OpenSamples, times: Float64Array, bits: Uint32Array, count: number): void {
    if (samples.count > 0 && capacityOf(samples.count) !== capacityOf(count)) this.clear(samples);
    if (samples.count === 0 && count > 0) {
      samples.extent = this.#extents.allocate(capacityOf(count));
      this.#filled++;
    }
    samples.count = count;
    if (count === 0) return;
    const doubles = this.#slab(extentSlab(samples.extent));
    const words = this.#words[extentSlab(samples.extent)]!;
    const start = extentOffset(samples.extent) / 8;
    for (let i = 0, at = start; i < count; i++, at += 2) {
      doubles[at] = times[i]!;
      words[2 * at + 2] = bits[2 * i]!;
      words[2 * at + 3] = bits[2 * i + 1]!;
    }
  }

  /** Lets go of all samples. */
  clear(samples: OpenSamples): void {
    if (samples.extent !== 0) {
      this.#extents.free(samples.extent, capacityOf(samples.count));
      this.#filled--;
    }
    samples.extent = 0;
    samples.count = 0;
    samples.histograms = null;
    samples.startTimes = null;
  }

  /** The index of the first sample that is not older. Most come behind all others. */
  #place(samples: OpenSamples, time: number): number {
    let high = samples.count;
    if (high === 0 || this.time(samples, high - 1) < time) return high;
    let low = 0;
    while (low < high) {
      const middle = (low + high) >>> 1;
      if (this.time(samples, middle) < time) low = middle + 1;
      else high = middle;
    }
    return low;
  }

  #makeRoom(samples: OpenSamples): void {
    const { count, extent } = samples;
    const capacity = capacityOf(count + 1);
    if (count > 0 && capacity === capacityOf(count)) return;
    const grown = this.#extents.allocate(capacity);
    if (count > 0) {
      const from = extentOffset(extent) / 8;
      const to = extentOffset(grown) / 8;
      this.#slab(extentSlab(extent));
      this.#slab(extentSlab(grown));
      const source = this.#words[extentSlab(extent)]!.subarray(2 * from, 2 * (from + 2 * count));
      this.#words[extentSlab(grown)]!.set(source, 2 * to);
      this.#extents.free(extent, capacityOf(count));
    } else {
      this.#filled++;
    }
    samples.extent = grown;
  }

  #slab(slab: number): Float64Array {
    while (this.#doubles.length <= slab) {
      const { buffer, byteOffset, byteLength } = this.#extents.buffers[this.#doubles.length]!;
      this.#doubles.push(new Float64Array(buffer, byteOffset, byteLength >>> 3));
      this.#words.push(new Uint32Array(buffer, byteOffset, byteLength >>> 2));
    }
    return this.#doubles[slab]!;
  }
}

/** Samples that fit where so many are: a power of two. */
function capacityOf(count: number): number {
  return count <= FIRST_CAPACITY ? FIRST_CAPACITY : 1 << (32 - Math.clz32(count - 1));
}
