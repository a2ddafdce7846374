import { SUM_SLOT } from '../../kernels/histogram-state.ts';
import { LARGE_EXTENT_BYTES_MAX } from '../../memory/large-extents.ts';
import type { HistogramEntry } from '../../storage/append.ts';
import { hasIntegerCounts } from '../chunk/encoding.ts';
import { firstHistogramBytesMax } from '../chunk/first-histogram-bytes.ts';
import { flatHistogram } from '../chunk/flat-histogram.ts';
import { feedColumn } from '../wal/column-feed.ts';
import type { MmapMarker } from '../wal/record-types.ts';
import { ReplayBatch, type SampleRun } from '../wal/replay-batch.ts';
import type { SampleColumns, WalVisitor } from '../wal/visitor.ts';
import type { OutOfOrderStore } from './out-of-order-store.ts';
import { type LateDeletions, NO_DELETIONS, type RestoredLateChunks } from './restored-late-chunks.ts';

/** Which series there are. */
interface KnownSeries {
  readonly refs: { row(ref: number): number };
  /** Keeps a ref from being given to a new series. */
  reserveRef(ref: number): void;
}

/** Where late samples go at the start. */
export interface LateReplayParts {
  readonly directory: KnownSeries;
  readonly store: OutOfOrderStore;
  readonly deletions?: LateDeletions;
  /** What `chunks_head/` has of them. */
  readonly restored?: RestoredLateChunks;
  /** The ref of a row's series; needed where there are `restored`. */
  readonly refOf?: (row: number) => number;
}

/**
 * Fills the store from `wbl/` and from the out-of-order chunks of `chunks_head/`, once the series are known. Both may
 * have the same samples: a chunk is written when the log has its samples already. Markers, which say that a chunk was
 * written, are not trusted: a killed Prometheus may have had the chunk in a buffer, or no chunk at all.
 *
 * Floats are collected and inserted series by series (`ReplayBatch`), and markers among them; whatever else changes a
 * series that has some waiting lets them in first, so that each series gets everything in the order of the log.
 *
 * Samples of unknown series are left out and counted. Their refs are not given again, lest these samples become those of
 * another series at the next start.
 *
 * Order of calls: `begin`, the log, `finish`.
 */
export class LateReplay implements WalVisitor {
  readonly #directory: KnownSeries;
  readonly #store: OutOfOrderStore;
  readonly #deletions: LateDeletions;
  readonly #restored: RestoredLateChunks | null;
  readonly #refOf: (row: number) => number;
  #samplesRead = 0;
  #unknownRefs = 0;
  #leftOut = 0;
  readonly #batch = new ReplayBatch();
  /** Those that wait in the batch, as samples without a time: the value is the index. */
  readonly #markers: MmapMarker[] = [];
  readonly #take = (run: SampleRun): void => this.#apply(run);
  #isWorkingOff = false;

  constructor({ deletions = NO_DELETIONS, directory, refOf, restored, store }: LateReplayParts) {
    this.#directory = directory;
    this.#store = store;
    this.#deletions = deletions;
    this.#restored = restored ?? null;
    this.#refOf = refOf ?? ((row) => row);
  }

  /** Gives the chunks of files to the series. */
  begin(): void {
    this.#restored?.giveTo(
      (ref) => this.#directory.refs.row(ref),
      (ref, samples) => {
        this.#unknownRefs += samples;
        this.#directory.reserveRef(ref);
      },
      this.#deletions,
    );
    this.#store.reuse = this.#restored;
  }

  /** Takes what files have beyond the log; tells of chunks that can not be read. Yields now and then. */
  *finish(unreadable: (reason: string) => void): Generator<void, void> {
    yield* this.#settleInSteps();
    this.#store.reuse = null;
    if (this.#restored === null) return;
    yield* this.#restored.finish(this.#store, {
      samples: (row, column, encoding) => feedColumn(column, this.#refOf(row), hasIntegerCounts(encoding), this),
      unreadable,
    });
    yield* this.#settleInSteps();
  }

  /** Samples read, those that came twice included. */
  get samplesRead(): number {
    return this.#samplesRead;
  }

  /** Samples of series that the other log does not name. */
  get unknownRefs(): number {
    return this.#unknownRefs;
  }

  /** Samples that can not be kept: beyond the range of times, or not well-formed. */
  get leftOut(): number {
    return this.#leftOut;
  }

  samples({ bits, length, refs, startTimes, times }: SampleColumns): void {
    const batch = this.#batch;
    if (startTimes !== null) this.#store.reserve(length, []);
    for (let i = 0; i < length; i++) {
      const row = this.#row(refs[i]!);
      if (row < 0) continue;
      const time = times[i]!;
      if (this.#deletions.any && this.#deletions.has(row, time)) continue;
      if (!Number.isSafeInteger(time)) {
        this.#leftOut++;
      } else if (startTimes === null) {
        this.#add(row, time, bits[2 * i]!, bits[2 * i + 1]!);
      } else {
        if (batch.has(row)) this.#settle();
        this.#store.insert(row, time, bits[2 * i]!, bits[2 * i + 1]!, null, startTimes[i]!);
      }
    }
  }

  histograms(entries: readonly HistogramEntry[]): void {
    for (const { histogram, ref, startTime, time } of entries) {
      const row = this.#row(ref);
      if (row < 0 || (this.#deletions.any && this.#deletions.has(row, time))) continue;
      const sample = flatHistogram(histogram);
      if (sample === null || firstHistogramBytesMax(sample) > LARGE_EXTENT_BYTES_MAX || !Number.isSafeInteger(time)) {
        this.#leftOut++;
        continue;
      }
      if (this.#batch.has(row)) this.#settle();
      this.#store.reserve(1, [{ row, sample }]);
      const { halves } = sample;
      this.#store.insert(row, time, halves[2 * SUM_SLOT]!, halves[2 * SUM_SLOT + 1]!, sample, startTime);
    }
  }

  markers(entries: readonly MmapMarker[]): void {
    if (this.#restored === null) return;
    for (const marker of entries) {
      const row = this.#directory.refs.row(marker.ref);
      if (row >= 0 && marker.fileNumber > 0) this.#add(row, Number.NaN, this.#markers.push(marker) - 1, 0);
    }
  }

  workOff(): boolean {
    if (this.#batch.isAlmostFull) this.#isWorkingOff = true;
    if (this.#isWorkingOff) this.#isWorkingOff = this.#drainSome();
    return this.#isWorkingOff;
  }

  #add(row: number, time: number, low: number, high: number): void {
    const batch = this.#batch;
    if (batch.isFull) this.#settle();
    batch.reserve(row + 1, 1);
    batch.add(row, time, low, high);
  }

  /** Lets in what waits. */
  #settle(): void {
    while (this.#drainSome()) {}
  }

  *#settleInSteps(): Generator<void, void> {
    while (this.#drainSome()) yield;
  }

  #drainSome(): boolean {
    const isMore = this.#batch.drainSome(this.#take);
    if (!isMore) this.#markers.length = 0;
    return isMore;
  }

  #apply({ bits, from, order, row, times, to }: SampleRun): void {
    for (let first = from; first < to; ) {
      let end = first;
      while (end < to && !Number.isNaN(times[order[end]!]!)) end++;
      if (end > first) this.#store.insertRun(row, times, bits, order, first, end);
      if (end < to) this.#restored!.marker(this.#markers[bits[2 * order[end]!]!]!, row, this.#store);
      first = end + 1;
    }
  }

  series(): void {}
  exemplars(): void {}
  tombstones(): void {}
  metadata(): void {}

  #row(ref: number): number {
    this.#samplesRead++;
    const row = this.#directory.refs.row(ref);
    if (row < 0) {
      this.#unknownRefs++;
      this.#directory.reserveRef(ref);
    }
    return row;
  }
}
