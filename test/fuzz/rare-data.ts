import { CUSTOM_BUCKETS_SCHEMA, type FloatHistogram } from '../../src/model/histogram.ts';
import { labelsFromObject } from '../../src/model/labels.ts';
import { createSampleBatch, type HistogramEntry } from '../../src/storage/append.ts';
import type { Database } from '../../src/tsdb/tsdb.ts';
import { appendMoments, histogramAt, LARGE_END, openLargeDatabase } from './large-data.ts';

/** How much there is of everything. */
export interface RareDataSize {
  readonly wideSeries: number;
  /** Series that `info()` adds labels to, and as many info series. */
  readonly services: number;
  /** Histograms of each kind, and buckets of each of them. */
  readonly histograms: number;
  readonly buckets: number;
}

export const RARE: RareDataSize = { wideSeries: 100_000, services: 30_000, histograms: 60, buckets: 10_000 };

const HISTOGRAM_STEP_MS = 60_000;

/**
 * The wide series of the large data, one of the long ones, `service{instance, job}` with a series of `target_info` for each, and
 * `huge{kind}`: native histograms of 10,000 buckets, with exponential ones and with two sets of custom bounds.
 */
export async function openRareDatabase(directory: string, size: RareDataSize): Promise<Database> {
  const database = await openLargeDatabase(directory, {
    longSamples: 400_000,
    wideSeries: size.wideSeries,
    histograms: 1_000,
    buckets: 160,
    classicBuckets: 10_000,
    textLength: 100_000,
  });
  for (const name of ['service', 'target_info']) {
    appendMoments(database, size.services, (n) =>
      labelsFromObject({
        __name__: name,
        instance: `host-${n}:80`,
        job: `job-${n % 20}`,
        ...(name === 'service' ? {} : { data: `data-${n}`, version: `v${n % 9}` }),
      }),
    );
  }
  for (let i = 0; i < size.histograms; i++) appendHistograms(database, size, i);
  return database;
}

/** A histogram of each kind; counts rise. */
function appendHistograms(database: Database, { buckets, histograms }: RareDataSize, index: number): void {
  const appender = database.appender();
  const batch = createSampleBatch(0);
  const time = LARGE_END - (histograms - 1 - index) * HISTOGRAM_STEP_MS;
  const exponential: FloatHistogram = { ...histogramAt(index, buckets), schema: 8 };
  const custom = (step: number): FloatHistogram => ({
    ...exponential,
    schema: CUSTOM_BUCKETS_SCHEMA,
    zeroThreshold: 0,
    customValues: Array.from({ length: buckets - 1 }, (_, bucket) => bucket * step),
  });
  // Every other bucket is in a span of its own.
  const scattered: FloatHistogram = {
    ...exponential,
    positiveSpans: Array.from({ length: buckets }, (_, bucket) => ({ offset: bucket === 0 ? 0 : 1, length: 1 })),
  };
  const kinds = { exponential, custom: custom(1), other: custom(1.5), scattered };
  const entries: HistogramEntry[] = Object.entries(kinds).map(([kind, histogram]) => ({
    ref: appender.resolve(labelsFromObject({ __name__: 'huge', kind })),
    time,
    startTime: 0,
    histogram,
  }));
  batch.histograms = entries;
  if (appender.append(batch).refusedCount > 0) throw new Error('huge histograms were refused');
  appender.commit();
}
