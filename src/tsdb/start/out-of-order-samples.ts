import type { Labels } from '../../model/labels.ts';
import type { HistogramEntry } from '../../storage/append.ts';
import { clearColumn } from '../../storage/merge-columns.ts';
import { createSampleColumn } from '../../storage/query.ts';
import type { Log } from '../../telemetry/log.ts';
import type { HeadChunkFiles } from '../chunks-head/head-chunk-files.ts';
import type { SampleColumns, WalVisitor } from '../wal/visitor.ts';
import { feedColumn } from './column-feed.ts';
import { hasIntegerCounts } from './start-visitor.ts';

/** One sample: a float (its bits) or a histogram. */
interface LateSample {
  readonly time: number;
  readonly low: number;
  readonly high: number;
  readonly histogram: HistogramEntry['histogram'] | null;
}

/**
 * Collects the samples that came late: those of `chunks_head/` and those of the log `wbl/`. Both may have the same ones,
 * since a chunk is written to the first when the second has it already; whichever was collected first stays.
 */
export class OutOfOrderSamples implements WalVisitor {
  readonly #labelsOf: (ref: number) => Labels | null;
  readonly #bySeries = new Map<string, { labels: Labels; samples: LateSample[] }>();
  #unknownRefs = 0;

  /** `labelsOf` knows the series of the other log; those that it does not know are counted. */
  constructor(labelsOf: (ref: number) => Labels | null) {
    this.#labelsOf = labelsOf;
  }

  get isEmpty(): boolean {
    return this.#bySeries.size === 0;
  }

  get unknownRefs(): number {
    return this.#unknownRefs;
  }

  collectChunks(files: HeadChunkFiles, log: Log): void {
    const column = createSampleColumn(256);
    for (const chunk of files.chunks) {
      if (!chunk.isOutOfOrder) continue;
      clearColumn(column);
      try {
        files.read(chunk, column);
      } catch (error) {
        log.warn('An out-of-order chunk of the head can not be read', { err: String(error) });
        continue;
      }
      feedColumn(column, chunk.series, hasIntegerCounts(chunk.encoding), this);
    }
  }

  samples({ bits, length, refs, times }: SampleColumns): void {
    for (let i = 0; i < length; i++) {
      this.#add(refs[i]!, { time: times[i]!, low: bits[2 * i]!, high: bits[2 * i + 1]!, histogram: null });
    }
  }

  histograms(entries: readonly HistogramEntry[]): void {
    for (const { histogram, ref, time } of entries) this.#add(ref, { time, low: 0, high: 0, histogram });
  }

  series(): void {}
  exemplars(): void {}
  tombstones(): void {}
  metadata(): void {}

  /** Gives everything to a visitor, series by series with rising times, under refs of its own from 1 on. */
  giveTo(visitor: WalVisitor): void {
    let ref = 0;
    const values = new Float64Array(1);
    const columns = { length: 1, refs: new Float64Array(1), times: new Float64Array(1), values, startTimes: null };
    const bits = new Uint32Array(values.buffer);
    for (const { labels, samples } of this.#bySeries.values()) {
      visitor.series(++ref, labels);
      samples.sort((a, b) => a.time - b.time);
      let last = Number.NEGATIVE_INFINITY;
      for (const { high, histogram, low, time } of samples) {
        if (time === last) continue;
        last = time;
        if (histogram !== null) {
          visitor.histograms([{ ref, time, startTime: 0, histogram }]);
          continue;
        }
        columns.refs[0] = ref;
        columns.times[0] = time;
        bits[0] = low;
        bits[1] = high;
        visitor.samples({ ...columns, bits });
      }
    }
    this.#bySeries.clear();
  }

  #add(ref: number, sample: LateSample): void {
    const labels = this.#labelsOf(ref);
    if (labels === null) {
      this.#unknownRefs++;
      return;
    }
    const known = this.#bySeries.get(labels.key);
    if (known === undefined) this.#bySeries.set(labels.key, { labels, samples: [sample] });
    else known.samples.push(sample);
  }
}
