import type { Labels } from '../../../model/labels.ts';
import { reserveSampleColumn, type SampleColumn, type SeriesSet } from '../../../storage/query.ts';
import type { QueryBudget } from '../budget.ts';

/** Bytes of samples that are kept for other readers; series beyond it are decoded for each of them. */
const KEPT_BYTES_MAX = 32 * 1024 * 1024;
const SAMPLE_BYTES = 16;

/** The samples of one series as they were decoded. */
interface Kept {
  readonly length: number;
  readonly times: Float64Array;
  readonly bits: Uint32Array;
  readonly startTimes: Float64Array | null;
  readonly histograms: SampleColumn['histograms'];
  readersLeft: number;
}

/** A series set whose samples are read by several selectors, decoded for the first and kept until the last has come. */
export class KeptSamples implements SeriesSet {
  readonly warnings: readonly string[];
  readonly #set: SeriesSet;
  readonly #readers: number;
  readonly #budget: QueryBudget;
  readonly #kept = new Map<number, Kept>();
  #bytes = 0;

  constructor(set: SeriesSet, readers: number, budget: QueryBudget) {
    this.#set = set;
    this.#readers = readers;
    this.#budget = budget;
    this.warnings = set.warnings;
  }

  get length(): number {
    return this.#set.length;
  }

  labels(row: number): Labels {
    return this.#set.labels(row);
  }

  get lastingLabels(): readonly Labels[] | null {
    return this.#set.lastingLabels ?? null;
  }

  read(row: number, into: SampleColumn): void {
    const kept = this.#kept.get(row);
    if (kept === undefined) {
      this.#set.read(row, into);
      this.#keep(row, into);
      return;
    }
    copyTo(kept, into);
    if (--kept.readersLeft === 0) this.#kept.delete(row);
  }

  #keep(row: number, { length, times, bits, startTimes, histograms }: SampleColumn): void {
    const bytes = SAMPLE_BYTES * length;
    if (this.#bytes + bytes > KEPT_BYTES_MAX || !this.#budget.tryBytes(bytes)) return;
    this.#bytes += bytes;
    this.#kept.set(row, {
      length,
      times: times.slice(0, length),
      bits: bits.slice(0, 2 * length),
      startTimes: startTimes === null ? null : startTimes.slice(0, length),
      histograms: histograms === null ? null : histograms.slice(0, length),
      readersLeft: this.#readers - 1,
    });
  }
}

function copyTo({ length, times, bits, startTimes, histograms }: Kept, into: SampleColumn): void {
  into.length = 0;
  into.startTimes = null;
  reserveSampleColumn(into, length);
  into.times.set(times);
  into.bits.set(bits);
  into.startTimes = startTimes === null ? null : startTimes.slice();
  into.histograms = histograms === null ? null : histograms.slice();
  into.length = length;
}
