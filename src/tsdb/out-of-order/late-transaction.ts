import { SUM_SLOT } from '../../kernels/histogram-state.ts';
import { type HistogramEntry, REFUSED, type SampleBatch } from '../../storage/append.ts';
import type { FlatHistogram } from '../chunk/flat-histogram.ts';
import type { SampleForms } from '../chunk/sample-forms.ts';
import type { LogRecord } from '../wal/compressed-samples.ts';
import { histogramRecordsInSteps } from '../wal/records.ts';
import { histogramV2RecordsInSteps, samplesV2RecordInSteps } from '../wal/start-time-records.ts';
import type { LateHistogram } from './late-room.ts';
import type { OutOfOrderStore } from './out-of-order-store.ts';

/** Samples inserted in one step: under a millisecond, and more where their chunks are sealed. */
const STEP_FLOATS = 1024;
const STEP_HISTOGRAMS = 128;

/** Told by how many seconds a sample is older than the newest one. */
export interface LateObserver {
  onLate(seconds: number): void;
}

/** The accepted floats of one batch: row of the head and index in the batch. */
interface LateFloats {
  readonly batch: Pick<SampleBatch, 'refs' | 'times' | 'startTimes' | 'bits'>;
  readonly rows: number[];
  readonly indexes: number[];
}

/** What a transaction has accepted out of order: logged as records of its own, then inserted. */
export class LateTransaction {
  readonly #store: OutOfOrderStore;
  readonly #windowMs: number;
  readonly #observer: LateObserver;
  readonly #forms: SampleForms;
  readonly #floats: LateFloats[] = [];
  readonly #entries: HistogramEntry[] = [];
  readonly #histograms: LateHistogram[] = [];
  #floatCount = 0;

  /** Samples may be `windowMs` older than the newest one of the head; 0 takes none. */
  constructor(store: OutOfOrderStore, windowMs: number, observer: LateObserver, forms: SampleForms) {
    this.#store = store;
    this.#windowMs = windowMs;
    this.#observer = observer;
    this.#forms = forms;
  }

  /** Samples accepted. */
  get count(): number {
    return this.#floatCount + this.#entries.length;
  }

  /**
   * A float that can not follow its series' last sample; `newest` is the head's newest time. Returns 0 where it is taken,
   * or a reason to refuse.
   */
  takeFloat(batch: SampleBatch, row: number, index: number, newest: number): number {
    const { bits, refs, startTimes, times } = batch;
    const reason = this.#check(batch, times[index]!, newest);
    // One that is there already drops out silently, without a place in the log.
    if (reason > 0 || this.#store.holds(row, times[index]!)) return reason;
    let floats = this.#floats.at(-1);
    if (floats === undefined || floats.batch.times !== times) {
      floats = { batch: { refs, times, startTimes, bits }, rows: [], indexes: [] };
      this.#floats.push(floats);
    }
    floats.rows.push(row);
    floats.indexes.push(index);
    this.#floatCount++;
    return 0;
  }

  /** As `takeFloat`, for a histogram of the batch. */
  takeHistogram(batch: SampleBatch, index: number, row: number, sample: FlatHistogram, newest: number): number {
    const entry = batch.histograms[index]!;
    const reason = this.#check(batch, entry.time, newest);
    if (reason > 0 || this.#store.holds(row, entry.time)) return reason;
    this.#entries.push(entry);
    this.#histograms.push({ row, sample });
    return 0;
  }

  /** The records of what was accepted, made in steps. */
  *records(): Generator<undefined, readonly LogRecord[]> {
    const { loggedStartTimes } = this.#forms;
    const records: LogRecord[] = [];
    for (const { batch, indexes: taken } of this.#floats) {
      const { bits, refs, startTimes, times } = batch;
      const indexes = Uint32Array.from(taken);
      const to = indexes.length;
      if (loggedStartTimes) {
        records.push(yield* samplesV2RecordInSteps(refs, times, startTimes, bits, indexes, 0, to));
      } else {
        records.push({ refs, times, bits, indexes, from: 0, to });
      }
    }
    const entries = this.#entries;
    const ofHistograms = loggedStartTimes ? histogramV2RecordsInSteps(entries) : histogramRecordsInSteps(entries);
    for (const record of yield* ofHistograms) records.push(record);
    return records;
  }

  /** Everything that `apply` could ask of the host. */
  reserve(): void {
    if (this.count > 0) this.#store.reserve(this.count, this.#histograms);
  }

  /** Inserts what was accepted, in steps; returns how many floats and histograms were no duplicates of each other. */
  *apply(): Generator<undefined, { floats: number; histograms: number }> {
    let floats = 0;
    for (const { batch, indexes, rows } of this.#floats) {
      const { bits, startTimes, times } = batch;
      for (let k = 0; k < rows.length; k++) {
        if (k % STEP_FLOATS === 0) yield;
        const i = indexes[k]!;
        const start = startTimes === null ? 0 : startTimes[i]!;
        if (this.#store.insert(rows[k]!, times[i]!, bits[2 * i]!, bits[2 * i + 1]!, null, start)) floats++;
      }
    }
    let histograms = 0;
    for (const [k, { row, sample }] of this.#histograms.entries()) {
      if (k % STEP_HISTOGRAMS === 0) yield;
      const { halves } = sample;
      const sum = 2 * SUM_SLOT;
      const { startTime, time } = this.#entries[k]!;
      if (this.#store.insert(row, time, halves[sum]!, halves[sum + 1]!, sample, startTime)) histograms++;
    }
    return { floats, histograms };
  }

  #check({ inOrderOnly }: SampleBatch, time: number, newest: number): number {
    const age = newest - time;
    if (age > 0) this.#observer.onLate(age / 1000);
    if (this.#windowMs === 0) return REFUSED.outOfOrder;
    if (age > this.#windowMs) return REFUSED.tooOld;
    return inOrderOnly === true ? REFUSED.outOfOrder : 0;
  }
}
