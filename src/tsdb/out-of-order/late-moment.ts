import type { TimeRange } from '../../storage/query.ts';
import type { LateSource } from './late-samples.ts';
import type { OpenSamples } from './open-samples.ts';

/** What a row had of late samples at some moment. */
interface LateThen extends TimeRange, Pick<OpenSamples, 'histograms' | 'startTimes'> {
  /** Sealed, newest first. */
  readonly chunks: readonly number[];
  /** Those in no chunk. */
  readonly times: Float64Array;
  readonly bits: Uint32Array;
}

const ALL_TIME: TimeRange = { minTime: Number.NEGATIVE_INFINITY, maxTime: Number.POSITIVE_INFINITY };

/**
 * The late samples of the head at a moment, for who looks at them in several turns of the event loop: what rows had is noted
 * before it changes. The numbers of chunks lead to what they did then while the looker's pin stands.
 */
export class LateMoment implements LateSource {
  readonly rowCount: number;
  readonly #store: LateSource;
  /** Made with the first row: most moments end before anything changes. */
  #rows: Map<number, LateThen | null> | null = null;

  constructor(store: LateSource) {
    this.#store = store;
    this.rowCount = store.rowCount;
  }

  /** Notes a row whose late samples are about to change, once. */
  note(row: number): void {
    const rows = (this.#rows ??= new Map());
    if (rows.has(row)) return;
    const store = this.#store;
    const range = store.timesOf(row);
    if (range === null) {
      rows.set(row, null);
      return;
    }
    const chunks: number[] = [];
    store.eachChunk(row, ALL_TIME, (chunk) => chunks.push(chunk));
    const count = store.openCount(row);
    const times = new Float64Array(count);
    const bits = new Uint32Array(2 * count);
    const { histograms, startTimes } = store.copyOpen(row, times, bits, 0);
    const { maxTime, minTime } = range;
    rows.set(row, {
      minTime,
      maxTime,
      chunks,
      times,
      bits,
      histograms: histograms === null ? null : histograms.slice(),
      startTimes: startTimes === null ? null : startTimes.slice(),
    });
  }

  timesOf(row: number): TimeRange | null {
    const then = this.#then(row);
    return then === undefined ? this.#store.timesOf(row) : then;
  }

  overlaps(row: number, range: TimeRange): boolean {
    const then = this.#then(row);
    if (then === undefined) return this.#store.overlaps(row, range);
    return then !== null && then.minTime <= range.maxTime && then.maxTime >= range.minTime;
  }

  eachChunk(row: number, range: TimeRange, use: (chunk: number) => void): void {
    const then = this.#then(row);
    if (then === undefined) this.#store.eachChunk(row, range, use);
    else for (const chunk of then?.chunks ?? []) use(chunk);
  }

  openCount(row: number): number {
    const then = this.#then(row);
    return then === undefined ? this.#store.openCount(row) : (then?.times.length ?? 0);
  }

  copyOpen(
    row: number,
    times: Float64Array,
    bits: Uint32Array,
    at: number,
  ): Pick<OpenSamples, 'histograms' | 'startTimes'> {
    const then = this.#then(row);
    if (then === undefined || then === null) return this.#store.copyOpen(row, times, bits, at);
    times.set(then.times, at);
    bits.set(then.bits, 2 * at);
    return then;
  }

  /** What was noted of a row; undefined where it still is as it was. */
  #then(row: number): LateThen | null | undefined {
    return this.#rows?.get(row);
  }
}
