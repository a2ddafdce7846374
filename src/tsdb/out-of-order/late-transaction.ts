import { SUM_SLOT } from '../../kernels/histogram-state.ts';
import type { HistogramEntry, SampleBatch } from '../../storage/append.ts';
import type { FlatHistogram } from '../chunk/flat-histogram.ts';
import { histogramRecords, samplesRecord } from '../wal/records.ts';
import type { LateHistogram, OutOfOrderStore } from './out-of-order-store.ts';

/** The accepted floats of one batch: row of the head and index in the batch. */
interface LateFloats {
  readonly batch: Pick<SampleBatch, 'refs' | 'times' | 'bits'>;
  readonly rows: number[];
  readonly indexes: number[];
}

/** What a transaction has accepted out of order: logged as records of its own, then inserted. */
export class LateTransaction {
  readonly #store: OutOfOrderStore;
  readonly #floats: LateFloats[] = [];
  readonly #entries: HistogramEntry[] = [];
  readonly #histograms: LateHistogram[] = [];
  #floatCount = 0;

  constructor(store: OutOfOrderStore) {
    this.#store = store;
  }

  /** Samples accepted. */
  get count(): number {
    return this.#floatCount + this.#entries.length;
  }

  takeFloat({ refs, times, bits }: SampleBatch, row: number, index: number): void {
    // One that is there already drops out silently, without a place in the log.
    if (this.#store.holds(row, times[index]!)) return;
    let floats = this.#floats.at(-1);
    if (floats === undefined || floats.batch.times !== times) {
      floats = { batch: { refs, times, bits }, rows: [], indexes: [] };
      this.#floats.push(floats);
    }
    floats.rows.push(row);
    floats.indexes.push(index);
    this.#floatCount++;
  }

  takeHistogram(entry: HistogramEntry, row: number, sample: FlatHistogram): void {
    if (this.#store.holds(row, entry.time)) return;
    this.#entries.push(entry);
    this.#histograms.push({ row, sample });
  }

  records(): Uint8Array[] {
    const records = this.#floats.map(({ batch: { refs, times, bits }, indexes }) =>
      samplesRecord(refs, times, bits, Uint32Array.from(indexes), indexes.length),
    );
    return this.#entries.length === 0 ? records : [...records, ...histogramRecords(this.#entries)];
  }

  /** Everything that `apply` could ask of the host. */
  reserve(): void {
    if (this.count > 0) this.#store.reserve(this.count, this.#histograms);
  }

  /** Inserts what was accepted; returns how many floats and histograms were no duplicates of each other. */
  apply(): { floats: number; histograms: number } {
    let floats = 0;
    for (const { batch, indexes, rows } of this.#floats) {
      const { bits, times } = batch;
      for (let k = 0; k < rows.length; k++) {
        const i = indexes[k]!;
        if (this.#store.insert(rows[k]!, times[i]!, bits[2 * i]!, bits[2 * i + 1]!, null)) floats++;
      }
    }
    let histograms = 0;
    for (const [k, { row, sample }] of this.#histograms.entries()) {
      const { halves } = sample;
      const sum = 2 * SUM_SLOT;
      if (this.#store.insert(row, this.#entries[k]!.time, halves[sum]!, halves[sum + 1]!, sample)) histograms++;
    }
    return { floats, histograms };
  }
}
