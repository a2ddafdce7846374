import { LARGE_EXTENT_BYTES_MAX } from '../../memory/large-extents.ts';
import type { Labels } from '../../model/labels.ts';
import type { ExemplarEntry, HistogramEntry } from '../../storage/append.ts';
import type { Exemplar } from '../../storage/exemplar.ts';
import { flatHistogram } from '../chunk/flat-histogram.ts';
import type { SampleColumns, WalVisitor } from '../wal/visitor.ts';
import type { HeadState } from './head.ts';
import type { HeadMemory } from './head-memory.ts';
import type { HeadReplayCounts } from './head-stats.ts';
import type { OpenChunks } from './open-chunks.ts';
import { firstHistogramBytesMax } from './open-histograms.ts';
import type { SeriesDirectory } from './series-directory.ts';
import { LAST_TIME, SERIES_DOUBLES, SERIES_ROW_MASK, SERIES_SLAB_LOG2 } from './series-table.ts';

/**
 * Fills the head from the log. Samples go straight to the open chunks; one that is not newer than its series' last is
 * passed over, since the log may repeat what a checkpoint holds.
 */
export class HeadReplay implements WalVisitor {
  readonly #memory: HeadMemory;
  readonly #directory: SeriesDirectory;
  readonly #openChunks: OpenChunks;
  readonly #state: HeadState;
  readonly #takeExemplar: (ref: number, exemplar: Exemplar) => void;
  #series = 0;
  #samples = 0;
  #unknownRefs = 0;
  #skippedSamples = 0;

  constructor(
    memory: HeadMemory,
    directory: SeriesDirectory,
    openChunks: OpenChunks,
    state: HeadState,
    takeExemplar: (ref: number, exemplar: Exemplar) => void,
  ) {
    this.#takeExemplar = takeExemplar;
    this.#memory = memory;
    this.#directory = directory;
    this.#openChunks = openChunks;
    this.#state = state;
  }

  get counts(): HeadReplayCounts {
    return {
      series: this.#series,
      samples: this.#samples,
      unknownRefs: this.#unknownRefs,
      skippedSamples: this.#skippedSamples,
    };
  }

  series(ref: number, labels: Labels): void {
    if (this.#directory.restore(ref, labels)) this.#series++;
    else this.#unknownRefs++;
  }

  samples(columns: SampleColumns): void {
    const { length, refs, times, bits } = columns;
    const { refs: refMap } = this.#directory;
    const { records } = this.#memory.series;
    let { minTime, maxTime } = this.#state;
    let appended = 0;
    for (let i = 0; i < length; i++) {
      const row = refMap.row(refs[i]!);
      if (row < 0) {
        this.#unknownRefs++;
        continue;
      }
      const time = times[i]!;
      const at = (row & SERIES_ROW_MASK) * SERIES_DOUBLES + LAST_TIME;
      if (!(time > records.doubles[row >>> SERIES_SLAB_LOG2]![at]!) || !Number.isSafeInteger(time)) {
        this.#skippedSamples++;
        continue;
      }
      this.#openChunks.append(row, time, bits[2 * i]!, bits[2 * i + 1]!);
      if (time < minTime) minTime = time;
      if (time > maxTime) maxTime = time;
      appended++;
    }
    this.#samples += appended;
    this.#state.minTime = minTime;
    this.#state.maxTime = maxTime;
  }

  histograms(entries: readonly HistogramEntry[]): void {
    const { refs } = this.#directory;
    const { records } = this.#memory.series;
    for (const { ref, time, histogram } of entries) {
      const row = refs.row(ref);
      if (row < 0) {
        this.#unknownRefs++;
        continue;
      }
      const at = (row & SERIES_ROW_MASK) * SERIES_DOUBLES + LAST_TIME;
      const isNewer = time > records.doubles[row >>> SERIES_SLAB_LOG2]![at]! && Number.isSafeInteger(time);
      const sample = isNewer ? flatHistogram(histogram) : null;
      if (sample === null || firstHistogramBytesMax(sample) > LARGE_EXTENT_BYTES_MAX) {
        this.#skippedSamples++;
        continue;
      }
      this.#openChunks.appendHistogram(row, time, sample);
      this.#state.minTime = Math.min(this.#state.minTime, time);
      this.#state.maxTime = Math.max(this.#state.maxTime, time);
      this.#samples++;
    }
  }

  exemplars(entries: readonly ExemplarEntry[]): void {
    for (const { ref, labels, value, time } of entries) {
      if (this.#directory.refs.row(ref) < 0) this.#unknownRefs++;
      else this.#takeExemplar(ref, { labels, value, time });
    }
  }

  /** Deletions and metadata are kept in the log; nothing in the head answers from them yet. */
  tombstones(): void {}

  metadata(): void {}
}
