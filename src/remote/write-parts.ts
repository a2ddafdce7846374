import type { HistogramEntry, SampleBatch, SeriesRef } from '../storage/append.ts';

/** What one series of a request has. */
export interface SeriesPart {
  readonly ref: SeriesRef;
  /** Its rows among the floats of the batch: as many as these. */
  readonly floats: number;
  readonly histograms: readonly HistogramEntry[];
}

/**
 * A batch is taken floats first. Where a request has floats of a series behind histograms of it, one batch would refuse
 * the histograms as out of order: it is parted there, so that each part in turn keeps the order of every series.
 * `series` tells in the order of the request what the batch was made of; exemplars come with the last part.
 */
export function partInOrder(batch: SampleBatch, series: readonly SeriesPart[]): SampleBatch[] {
  const parts: SampleBatch[] = [];
  const withHistograms = new Set<SeriesRef>();
  let histograms: HistogramEntry[] = [];
  let from = 0;
  let to = 0;
  for (const { floats, histograms: more, ref } of series) {
    if (floats > 0 && withHistograms.has(ref)) {
      parts.push(copyRows(batch, from, to, histograms));
      withHistograms.clear();
      histograms = [];
      from = to;
    }
    to += floats;
    for (const entry of more) histograms.push(entry);
    if (more.length > 0) withHistograms.add(ref);
  }
  if (parts.length === 0) return [batch];
  return [...parts, { ...copyRows(batch, from, to, histograms), exemplars: batch.exemplars }];
}

function copyRows(batch: SampleBatch, from: number, to: number, histograms: readonly HistogramEntry[]): SampleBatch {
  const bits = batch.bits.slice(2 * from, 2 * to);
  return {
    ...batch,
    length: to - from,
    refs: batch.refs.slice(from, to),
    times: batch.times.slice(from, to),
    startTimes: batch.startTimes === null ? null : batch.startTimes.slice(from, to),
    values: new Float64Array(bits.buffer),
    bits,
    histograms,
    exemplars: [],
  };
}
