import type { Histogram, Span } from './histogram.ts';
import { coarserRun, runFromSpans, spansFromIndexes } from './histogram-runs.ts';

/** The finest resolution that is stored; senders may use finer ones up to `SCHEMA_RESERVED_MAX`. */
export const SCHEMA_MAX = 8;
const SCHEMA_RESERVED_MAX = 52;

/** Whether a histogram is of a finer resolution than can be stored, but of one that may be sent. */
export function isTooFine({ schema }: Histogram): boolean {
  return schema > SCHEMA_MAX && schema <= SCHEMA_RESERVED_MAX;
}

/**
 * A histogram that is too fine, with its buckets merged. Its spans must have been checked against its buckets: they
 * alone bound the work.
 */
export function withStorableSchema(histogram: Histogram): Histogram {
  const { schema } = histogram;
  if (histogram.kind === 'float') {
    const positive = merged(histogram.positiveSpans, histogram.positiveCounts, schema);
    const negative = merged(histogram.negativeSpans, histogram.negativeCounts, schema);
    return {
      ...histogram,
      schema: SCHEMA_MAX,
      positiveSpans: positive.spans,
      negativeSpans: negative.spans,
      positiveCounts: positive.counts,
      negativeCounts: negative.counts,
    };
  }
  const positive = merged(histogram.positiveSpans, countsFromDeltas(histogram.positiveDeltas), schema);
  const negative = merged(histogram.negativeSpans, countsFromDeltas(histogram.negativeDeltas), schema);
  return {
    ...histogram,
    schema: SCHEMA_MAX,
    positiveSpans: positive.spans,
    negativeSpans: negative.spans,
    positiveDeltas: deltasFromCounts(positive.counts),
    negativeDeltas: deltasFromCounts(negative.counts),
  };
}

function merged(spans: readonly Span[], counts: readonly number[], schema: number) {
  const run = coarserRun(runFromSpans(spans, counts), schema, SCHEMA_MAX);
  return { spans: spansFromIndexes(run.indexes), counts: run.counts };
}

function countsFromDeltas(deltas: readonly number[]): number[] {
  let count = 0;
  return deltas.map((delta) => (count += delta));
}

function deltasFromCounts(counts: readonly number[]): number[] {
  return counts.map((count, i) => count - (i === 0 ? 0 : counts[i - 1]!));
}
