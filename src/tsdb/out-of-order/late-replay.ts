import { SUM_SLOT } from '../../kernels/histogram-state.ts';
import { LARGE_EXTENT_BYTES_MAX } from '../../memory/large-extents.ts';
import type { HistogramEntry } from '../../storage/append.ts';
import { firstHistogramBytesMax } from '../chunk/first-histogram-bytes.ts';
import { flatHistogram } from '../chunk/flat-histogram.ts';
import type { SeriesDirectory } from '../head/series-directory.ts';
import type { SampleColumns, WalVisitor } from '../wal/visitor.ts';
import type { OutOfOrderStore } from './out-of-order-store.ts';

/**
 * Fills the store from `wbl/` and from the out-of-order chunks of `chunks_head/`, once the series are known. Both may
 * have the same samples: the reference writes a chunk when its log has the samples already. Its markers, which say that a
 * chunk was written, are not trusted: a killed server may have had the chunk in a buffer, or no chunk at all.
 *
 * Samples of unknown series are left out and counted. Their refs are not given again, lest these samples become those of
 * another series at the next start.
 */
export class LateReplay implements WalVisitor {
  readonly #directory: Pick<SeriesDirectory, 'refs' | 'reserveRef'>;
  readonly #store: OutOfOrderStore;
  readonly #isDeleted: (row: number, time: number) => boolean;
  #samplesRead = 0;
  #unknownRefs = 0;
  #leftOut = 0;

  constructor(
    directory: Pick<SeriesDirectory, 'refs' | 'reserveRef'>,
    store: OutOfOrderStore,
    isDeleted: (row: number, time: number) => boolean = () => false,
  ) {
    this.#directory = directory;
    this.#store = store;
    this.#isDeleted = isDeleted;
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
    this.#store.reserve(length, []);
    for (let i = 0; i < length; i++) {
      const row = this.#row(refs[i]!);
      if (row < 0) continue;
      const time = times[i]!;
      if (this.#isDeleted(row, time)) continue;
      const start = startTimes === null ? 0 : startTimes[i]!;
      if (Number.isSafeInteger(time)) this.#store.insert(row, time, bits[2 * i]!, bits[2 * i + 1]!, null, start);
      else this.#leftOut++;
    }
  }

  histograms(entries: readonly HistogramEntry[]): void {
    for (const { histogram, ref, startTime, time } of entries) {
      const row = this.#row(ref);
      if (row < 0 || this.#isDeleted(row, time)) continue;
      const sample = flatHistogram(histogram);
      if (sample === null || firstHistogramBytesMax(sample) > LARGE_EXTENT_BYTES_MAX || !Number.isSafeInteger(time)) {
        this.#leftOut++;
        continue;
      }
      this.#store.reserve(1, [{ row, sample }]);
      const { halves } = sample;
      this.#store.insert(row, time, halves[2 * SUM_SLOT]!, halves[2 * SUM_SLOT + 1]!, sample, startTime);
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
