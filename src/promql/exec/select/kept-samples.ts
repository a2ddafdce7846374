import type { Labels } from '../../../model/labels.ts';
import { releaseBuffer } from '../../../std/release-buffer.ts';
import { reserveSampleColumn, type SampleColumn, type SeriesSet } from '../../../storage/query.ts';
import type { QueryBudget } from '../budget.ts';
import { ARRAY_BYTES, histogramsBytes, MAP_ENTRY_BYTES } from '../sizes.ts';

/** Bytes of samples that are kept for other readers; series beyond it are decoded for each of them. */
const KEPT_BYTES_MAX = 32 * 1024 * 1024;
const DOUBLE_BYTES = 8;
/** Of a series beside its samples: its object and its entry in a map. */
const KEPT_BYTES = 72 + MAP_ENTRY_BYTES;
/** Series share memory: two buffers for each of a thousand keep the garbage collector as busy as the query itself is. */
const SLAB_BYTES = 256 * 1024;

/** Memory for the samples of several series, seen as doubles and as words. */
interface Slab {
  readonly doubles: Float64Array<ArrayBuffer>;
  readonly words: Uint32Array;
  /** Doubles in use. */
  used: number;
  /** Series that are still to be read from it. */
  series: number;
}

/** The samples of one series as they were decoded: times at double `at` of the slab, behind them the bits of the values. */
interface Kept {
  readonly length: number;
  readonly slab: Slab;
  readonly at: number;
  readonly startTimes: Float64Array | null;
  readonly histograms: SampleColumn['histograms'];
  /** What it takes beside its part of the slab. */
  readonly bytes: number;
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
  #slab: Slab | null = null;

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

  get hasNoTypes(): boolean {
    return this.#set.hasNoTypes === true;
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
    if (--kept.readersLeft > 0) return;
    this.#kept.delete(row);
    this.#budget.giveBack(kept.bytes);
    this.#bytes -= kept.bytes;
    const { slab } = kept;
    if (--slab.series > 0) return;
    // The last one has room for what comes.
    if (slab === this.#slab) slab.used = 0;
    else {
      const { byteLength } = slab.doubles;
      releaseBuffer(slab.doubles.buffer);
      this.#budget.giveBack(byteLength);
      this.#bytes -= byteLength;
    }
  }

  #keep(row: number, { length, times, bits, startTimes, histograms }: SampleColumn): void {
    let bytes = KEPT_BYTES;
    if (startTimes !== null) bytes += ARRAY_BYTES + DOUBLE_BYTES * length;
    if (histograms !== null) bytes += histogramsBytes(histograms, length, this.#budget.spending);
    const slab = this.#bytes + bytes > KEPT_BYTES_MAX ? null : this.#slabFor(2 * length);
    if (slab === null || !this.#budget.tryBytes(bytes)) return;
    this.#bytes += bytes;
    const at = slab.used;
    slab.used += 2 * length;
    slab.series++;
    slab.doubles.set(times.subarray(0, length), at);
    slab.words.set(bits.subarray(0, 2 * length), 2 * (at + length));
    this.#kept.set(row, {
      length,
      slab,
      at,
      startTimes: startTimes === null ? null : startTimes.slice(0, length),
      histograms: histograms === null ? null : histograms.slice(0, length),
      bytes,
      readersLeft: this.#readers - 1,
    });
  }

  /** The slab with room for so many doubles; null where there may be no more. */
  #slabFor(doubles: number): Slab | null {
    const last = this.#slab;
    if (last !== null && last.used + doubles <= last.doubles.length) return last;
    const bytes = Math.max(SLAB_BYTES, DOUBLE_BYTES * doubles);
    if (this.#bytes + bytes > KEPT_BYTES_MAX || !this.#budget.tryBytes(bytes)) return null;
    this.#bytes += bytes;
    const buffer = new ArrayBuffer(bytes);
    this.#slab = { doubles: new Float64Array(buffer), words: new Uint32Array(buffer), used: 0, series: 0 };
    return this.#slab;
  }
}

function copyTo({ length, slab, at, startTimes, histograms }: Kept, into: SampleColumn): void {
  into.length = 0;
  into.startTimes = null;
  reserveSampleColumn(into, length);
  into.times.set(slab.doubles.subarray(at, at + length));
  into.bits.set(slab.words.subarray(2 * (at + length), 2 * (at + 2 * length)));
  into.startTimes = startTimes === null ? null : startTimes.slice();
  into.histograms = histograms === null ? null : histograms.slice();
  into.length = length;
}
