import type { FloatHistogram } from '../../model/histogram.ts';
import { reserveSampleColumn, type SampleColumn } from '../../storage/query.ts';
import type { PackedColumns } from './read-messages.ts';

/** Packs the samples of several series, which are appended one after the other. */
export class ColumnPacker {
  readonly #lengths: number[] = [];
  #size = 0;
  #times = new Float64Array(1024);
  #bits = new Uint32Array(2048);
  #startTimes: Float64Array<ArrayBuffer> | null = null;
  #histograms: (FloatHistogram | undefined)[] | null = null;
  #integerCounts: Uint8Array<ArrayBuffer> | null = null;

  /** Samples so far. */
  get size(): number {
    return this.#size;
  }

  /** Series so far. */
  get count(): number {
    return this.#lengths.length;
  }

  add({ bits, histograms, integerCounts, length, startTimes, times }: SampleColumn): void {
    const from = this.#size;
    this.#reserve(from + length);
    this.#times.set(times.subarray(0, length), from);
    this.#bits.set(bits.subarray(0, 2 * length), 2 * from);
    if (startTimes !== null) {
      this.#startTimes ??= new Float64Array(this.#times.length);
      this.#startTimes.set(startTimes.subarray(0, length), from);
    }
    if (histograms !== null) {
      this.#histograms ??= [];
      for (let i = 0; i < length; i++) if (histograms[i] !== undefined) this.#histograms[from + i] = histograms[i];
    }
    if (integerCounts) {
      this.#integerCounts ??= new Uint8Array(this.#times.length);
      this.#integerCounts.set(integerCounts.subarray(0, length), from);
    }
    this.#size += length;
    this.#lengths.push(length);
  }

  /** What was packed. The packer is used up. */
  take(): PackedColumns {
    const size = this.#size;
    return {
      lengths: Uint32Array.from(this.#lengths),
      times: this.#times.slice(0, size),
      bits: this.#bits.slice(0, 2 * size),
      startTimes: this.#startTimes?.slice(0, size) ?? null,
      histograms: this.#histograms,
      integerCounts: this.#integerCounts?.slice(0, size) ?? null,
    };
  }

  #reserve(size: number): void {
    if (this.#times.length >= size) return;
    const capacity = Math.max(size, 2 * this.#times.length);
    this.#times = grown(this.#times, new Float64Array(capacity));
    this.#bits = grown(this.#bits, new Uint32Array(2 * capacity));
    if (this.#startTimes !== null) this.#startTimes = grown(this.#startTimes, new Float64Array(capacity));
    if (this.#integerCounts !== null) this.#integerCounts = grown(this.#integerCounts, new Uint8Array(capacity));
  }
}

function grown<T extends { set(from: T): void }>(from: T, into: T): T {
  into.set(from);
  return into;
}

/** Copies the samples `from` up to `to` of packed columns into the caller's column. */
export function unpackColumn(columns: PackedColumns, from: number, to: number, into: SampleColumn): void {
  const length = to - from;
  into.length = 0;
  reserveSampleColumn(into, length);
  into.times.set(columns.times.subarray(from, to));
  into.bits.set(columns.bits.subarray(2 * from, 2 * to));
  const { histograms, integerCounts, startTimes } = columns;
  into.startTimes =
    startTimes === null ? null : sized(startTimes.subarray(from, to), new Float64Array(into.times.length));
  const own = histograms?.slice(from, to) ?? [];
  into.histograms = own.some((histogram) => histogram !== undefined) ? Array.from(own) : null;
  into.integerCounts =
    integerCounts === null ? null : sized(integerCounts.subarray(from, to), new Uint8Array(into.times.length));
  into.length = length;
}

function sized<T extends { set(from: T): void }>(from: T, into: T): T {
  into.set(from);
  return into;
}
