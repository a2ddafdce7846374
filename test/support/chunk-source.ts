import type { Histogram } from '../../src/model/histogram.ts';
import { compareLabels, type Labels, labelsFromObject } from '../../src/model/labels.ts';
import { STALE_HIGH, STALE_LOW } from '../../src/model/stale.ts';
import { ChunkEncoder } from '../../src/tsdb/chunk/chunk-encoder.ts';
import type { ChunkSource, SourceChunk } from '../../src/tsdb/chunk/chunk-source.ts';
import { ENCODING } from '../../src/tsdb/chunk/encoding.ts';
import { type FlatHistogram, flatHistogram, staleHistogram } from '../../src/tsdb/chunk/flat-histogram.ts';
import { type Intervals, NO_INTERVALS } from '../../src/tsdb/tombstones/intervals.ts';

/** A time and a float, a histogram, or one of the markers that a series ends. */
export type TestSample = readonly [time: number, value: number | Histogram | 'stale' | 'stale histogram'];

export interface TestSeries {
  readonly labels: Labels;
  readonly chunks: readonly SourceChunk[];
  readonly deleted: Intervals;
}

/** A series with one chunk for each list of samples, or more where one chunk can not hold them. */
export function testSeries(
  labels: Readonly<Record<string, string>>,
  chunks: readonly (readonly TestSample[])[],
  deleted: Intervals = NO_INTERVALS,
): TestSeries {
  return { labels: labelsFromObject(labels), chunks: chunks.flatMap((samples) => encodeSamples(samples)), deleted };
}

export function encodeSamples(samples: readonly TestSample[]): SourceChunk[] {
  const encoder = new ChunkEncoder(Number.POSITIVE_INFINITY);
  const value = new Float64Array(1);
  const halves = new Uint32Array(value.buffer);
  for (const [time, sample] of samples) {
    if (sample === 'stale') {
      encoder.float(time, STALE_LOW, STALE_HIGH);
    } else if (typeof sample === 'number') {
      value[0] = sample;
      encoder.float(time, halves[0]!, halves[1]!);
    } else {
      encoder.histogram(time, flatSample(sample));
    }
  }
  return encoder.finish();
}

export function flatSample(sample: Histogram | 'stale histogram'): FlatHistogram {
  if (sample === 'stale histogram') return staleHistogram(ENCODING.histogram, 'unknown');
  return flatHistogram(sample)!;
}

/** Series in any order, given in the order of their labels. */
export class ArraySource implements ChunkSource {
  isClosed = false;
  readonly #series: readonly TestSeries[];
  #at = -1;

  constructor(series: readonly TestSeries[]) {
    this.#series = [...series].sort((a, b) => compareLabels(a.labels, b.labels));
  }

  next(): boolean {
    return ++this.#at < this.#series.length;
  }

  get labels(): Labels {
    return this.#series[this.#at]!.labels;
  }

  get chunks(): readonly SourceChunk[] {
    return this.#series[this.#at]!.chunks;
  }

  get deleted(): Intervals {
    return this.#series[this.#at]!.deleted;
  }

  close(): void {
    this.isClosed = true;
  }
}
