import type { SampleBatch } from '../../storage/append.ts';
import type { HeadState } from './head-state.ts';

/** What the window follows from. */
type Base = Pick<HeadState, 'minValidTime' | 'maxTime'>;

/**
 * From when on a transaction takes samples in order: `max(minValidTime, newest time of the head - half a chunk range)`, as
 * the head stood when the transaction began. An empty head takes its newest time from the first row of the transaction that
 * has one.
 */
export class AppendWindow {
  /** The oldest time that is taken, ms; the head's `minValidTime` as long as there is no newest one. */
  minTime: number;
  /** The head's newest sample when the transaction began, or its own first one, ms. */
  newest: number;
  readonly #state: Base;
  readonly #chunkRangeMs: number;

  constructor(state: Base, chunkRangeMs: number) {
    this.#state = state;
    this.#chunkRangeMs = chunkRangeMs;
    this.newest = state.maxTime;
    this.minTime = this.#oldestTaken(state.maxTime);
  }

  /** To be called with each batch before it is looked at. */
  begin({ length, times, histograms }: SampleBatch): void {
    for (let i = 0; i < length && this.newest === Number.NEGATIVE_INFINITY; i++) this.#tryNewest(times[i]!);
    for (let i = 0; i < histograms.length && this.newest === Number.NEGATIVE_INFINITY; i++) {
      this.#tryNewest(histograms[i]!.time);
    }
  }

  #tryNewest(time: number): void {
    if (!Number.isSafeInteger(time)) return;
    this.newest = time;
    this.minTime = this.#oldestTaken(time);
  }

  #oldestTaken(newest: number): number {
    return Math.max(this.#state.minValidTime, newest - this.#chunkRangeMs / 2);
  }
}
