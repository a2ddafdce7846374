import type { Histogram } from '../../src/model/histogram.ts';
import { labelsFromObject } from '../../src/model/labels.ts';
import type { FileSystem } from '../../src/std/file-system.ts';
import { ChunkEncoder } from '../../src/tsdb/chunk/chunk-encoder.ts';
import { flatHistogram } from '../../src/tsdb/chunk/flat-histogram.ts';
import { writeBlock } from '../../src/tsdb/compact/write-block.ts';
import { NO_INTERVALS } from '../../src/tsdb/tombstones/intervals.ts';
import { ArraySource, type TestSeries } from '../support/chunk-source.ts';

/** Samples of each series of `writeEncodings`, 15 s apart from here on. */
export const ENCODED_SAMPLES = 12;
const ENCODED_FROM = 1_700_000_000_000;
const STEP = 15_000;

/** Writes a block with a series for each encoding: floats and both kinds of histograms, with start times and without. */
export function writeEncodings(fileSystem: FileSystem, directory: string, ulid: string): void {
  const kinds = ['float', 'integer histogram', 'float histogram'] as const;
  const series = kinds.flatMap((kind) => [0, 60_000].map((start) => seriesOf(kind, start)));
  writeBlock(fileSystem, {
    directory,
    ulid,
    sources: [new ArraySource(series)],
    minTime: ENCODED_FROM,
    maxTime: ENCODED_FROM + ENCODED_SAMPLES * STEP,
    level: 1,
  });
}

function seriesOf(kind: 'float' | 'integer histogram' | 'float histogram', start: number): TestSeries {
  const encoder = new ChunkEncoder(Infinity);
  const value = new Float64Array(1);
  const halves = new Uint32Array(value.buffer);
  for (let i = 0; i < ENCODED_SAMPLES; i++) {
    const time = ENCODED_FROM + i * STEP;
    // The counter begins anew now and then.
    const startTime = start === 0 ? 0 : ENCODED_FROM - start + (i < 7 ? 0 : 1000);
    if (kind === 'float') {
      value[0] = i * 1.5;
      encoder.float(time, halves[0]!, halves[1]!, startTime);
    } else encoder.histogram(time, flatHistogram(histogramOf(kind, i))!, startTime);
  }
  const labels = labelsFromObject({ __name__: 'encoded', kind, start: String(start) });
  return { labels, chunks: encoder.finish(), deleted: NO_INTERVALS };
}

function histogramOf(kind: 'integer histogram' | 'float histogram', i: number): Histogram {
  const shape = {
    counterResetHint: 'unknown',
    schema: 2,
    zeroThreshold: 0.001,
    zeroCount: i,
    sum: i / 3,
    positiveSpans: [{ offset: 0, length: 2 }],
    negativeSpans: [{ offset: 1, length: 1 }],
    customValues: [],
  } as const;
  if (kind === 'float histogram') {
    const counts = [i + 1, 2 * i] as const;
    return { ...shape, kind: 'float', count: 5 * i + 1, positiveCounts: counts, negativeCounts: [i] };
  }
  return { ...shape, kind: 'integer', count: 5 * i + 1, positiveDeltas: [i + 1, i - 1], negativeDeltas: [i] };
}
