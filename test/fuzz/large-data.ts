import type { FloatHistogram } from '../../src/model/histogram.ts';
import { type Labels, labelsFromObject } from '../../src/model/labels.ts';
import { systemClock } from '../../src/std/clock.ts';
import { nodeFiles } from '../../src/std/node-files.ts';
import { createSampleBatch, type HistogramEntry } from '../../src/storage/append.ts';
import { silentLog } from '../../src/telemetry/log.ts';
import { type Database, openDatabase } from '../../src/tsdb/tsdb.ts';

/** How much there is of everything. */
export interface LargeDataSize {
  /** Samples of each of the long series: one half in a block, the other in the head. */
  readonly longSamples: number;
  readonly wideSeries: number;
  /** Samples of a series of native histograms, and buckets of each. */
  readonly histograms: number;
  readonly buckets: number;
  /** Buckets of a classic histogram. */
  readonly classicBuckets: number;
  /** Characters of a label value; there are 100 series with such a one. */
  readonly textLength: number;
}

export const LARGE: LargeDataSize = {
  longSamples: 5_400_000,
  wideSeries: 100_000,
  histograms: 40_000,
  buckets: 160,
  classicBuckets: 2_000,
  textLength: 100_000,
};

/** The last sample of every series, ms: four hours after the first of the long ones. */
export const LARGE_END = 14_400_000;

/** The four hours are appended in so many transactions. */
const PARTS = 1000;
const WIDE_SAMPLES = 5;
const WIDE_STEP_MS = 60_000;
const BATCH = 10_000;
const TEXT_SERIES = 100;

/** A database on disk that nobody maintains, for data that hostile queries are asked of. */
export function openHostileDatabase(directory: string): Promise<Database> {
  return openDatabase({
    directory,
    fileSystem: nodeFiles,
    clock: systemClock,
    log: silentLog,
    lock: false,
    maintenance: null,
  });
}

/**
 * Data in which every loop of a query can be long: `long{kind}` (a counter with resets, a gauge, one with gaps and NaNs) has
 * millions of samples, `wide{id, group}` is 100,000 series, `native` is histograms of 160 buckets, `classic_bucket{le}` one
 * of 2,000, `texts{id, text}` has long label values. The older two hours are in a block of `directory`.
 */
export async function openLargeDatabase(directory: string, size: LargeDataSize): Promise<Database> {
  const database = await openHostileDatabase(directory);
  for (let part = 0; part < PARTS; part++) appendPart(database, size, part);
  await database.compact();
  appendMoments(database, size.wideSeries, (n) =>
    labelsFromObject({ __name__: 'wide', id: `id-${n}`, group: String(n % 100), le: String(n % 1000) }),
  );
  appendMoments(database, size.classicBuckets, (n) =>
    labelsFromObject({ __name__: 'classic_bucket', le: n === 0 ? '+Inf' : String(n) }),
  );
  appendMoments(database, TEXT_SERIES, (n) =>
    labelsFromObject({ __name__: 'texts', id: `id-${n}`, text: `${n}${'w'.repeat(size.textLength)}` }),
  );
  return database;
}

/** The values of the long series. */
const LONG: Readonly<Record<string, (index: number) => number>> = {
  counter: (i) => (i % 1_000_003) * 0.25,
  gauge: (i) => Math.sin(i) * 1e6,
  odd: (i) => (i % 1000 === 0 ? Number.NaN : i % 100_000 === 5 ? Infinity : i % 7),
};

/** Appends one part of the time to the long series: what is too far behind others would be refused. */
function appendPart(database: Database, { buckets, histograms, longSamples }: LargeDataSize, part: number): void {
  const appender = database.appender();
  const kinds = Object.entries(LONG);
  const each = Math.floor(longSamples / PARTS);
  const batch = createSampleBatch(kinds.length * each);
  for (const [kind, valueAt] of kinds) {
    const ref = appender.resolve(labelsFromObject({ __name__: 'long', kind }));
    for (let i = part * each; i < (part + 1) * each; i++) {
      const row = batch.length++;
      batch.refs[row] = ref;
      batch.times[row] = Math.floor((i * LARGE_END) / longSamples);
      batch.values[row] = valueAt(i);
    }
  }
  const ref = appender.resolve(labelsFromObject({ __name__: 'native' }));
  const entries: HistogramEntry[] = [];
  for (let i = Math.ceil((part * histograms) / PARTS); i < Math.ceil(((part + 1) * histograms) / PARTS); i++) {
    const time = Math.floor((i * LARGE_END) / histograms);
    entries.push({ ref, time, startTime: 0, histogram: histogramAt(i, buckets) });
  }
  batch.histograms = entries;
  if (appender.append(batch).refusedCount > 0) throw new Error('samples of the long series were refused');
  appender.commit();
}

/** The last samples of many series, a minute apart. */
export function appendMoments(database: Database, series: number, labelsOf: (n: number) => Labels): void {
  const batch = createSampleBatch(BATCH);
  for (let step = 0; step < WIDE_SAMPLES; step++) {
    for (let from = 0; from < series; from += BATCH) {
      const appender = database.appender();
      batch.length = Math.min(BATCH, series - from);
      for (let i = 0; i < batch.length; i++) {
        batch.refs[i] = appender.resolve(labelsOf(from + i));
        batch.times[i] = LARGE_END - (WIDE_SAMPLES - 1 - step) * WIDE_STEP_MS;
        batch.values[i] = (from + i) * 1000 + step + (from + i) / 7;
      }
      appender.append(batch);
      appender.commit();
    }
  }
}

/** Counts that rise; every bucket has some. */
export function histogramAt(index: number, buckets: number): FloatHistogram {
  const positiveCounts = Array.from({ length: buckets }, (_, bucket) => index + 1 + (bucket % 3));
  const count = positiveCounts.reduce((sum, each) => sum + each);
  return {
    kind: 'float',
    counterResetHint: 'unknown',
    schema: 3,
    zeroThreshold: 0.001,
    zeroCount: 0,
    count,
    sum: count * 2,
    positiveSpans: [{ offset: 0, length: buckets }],
    negativeSpans: [],
    positiveCounts,
    negativeCounts: [],
    customValues: [],
  };
}
