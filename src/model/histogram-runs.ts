import type { Span } from './histogram.ts';

/**
 * One side's buckets as two parallel lists: indexes, strictly rising, and counts. Calculating with histograms is merging
 * such lists; spans are only how they are kept.
 */
export interface BucketRun {
  readonly indexes: readonly number[];
  readonly counts: readonly number[];
}

/** The buckets that spans and counts describe; counts beyond the spans are ignored. */
export function runFromSpans(spans: readonly Span[], counts: readonly number[]): BucketRun {
  const indexes: number[] = [];
  let index = 0;
  for (const { offset, length } of spans) {
    index += offset;
    for (let i = 0; i < length; i++) indexes.push(index++);
  }
  return { indexes, counts };
}

/** Spans of rising bucket indexes, neighbours in one span. */
export function spansFromIndexes(indexes: readonly number[]): Span[] {
  const spans: { offset: number; length: number }[] = [];
  let end = 0;
  for (const index of indexes) {
    const last = spans[spans.length - 1];
    if (last !== undefined && index === end) last.length++;
    else spans.push({ offset: index - end, length: 1 });
    end = index + 1;
  }
  return spans;
}

/** Index of the bucket of a coarser schema into which a bucket falls. */
export function coarserIndex(index: number, schema: number, targetSchema: number): number {
  return ((index - 1) >> (schema - targetSchema)) + 1;
}

/** The buckets merged to those of a coarser schema. */
export function coarserRun(run: BucketRun, schema: number, targetSchema: number): BucketRun {
  if (schema === targetSchema) return run;
  const indexes: number[] = [];
  const counts: number[] = [];
  for (let i = 0; i < run.indexes.length; i++) {
    const index = coarserIndex(run.indexes[i]!, schema, targetSchema);
    if (indexes.length > 0 && indexes[indexes.length - 1] === index) counts[counts.length - 1]! += run.counts[i]!;
    else {
      indexes.push(index);
      counts.push(run.counts[i]!);
    }
  }
  return { indexes, counts };
}
