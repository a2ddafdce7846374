import type { Histogram } from '../../model/histogram.ts';
import { createSampleBatch, type SampleBatch } from '../../storage/append.ts';

/**
 * A zero for each sample of a batch that began before its own time, at the time where it began: what a counter's first
 * value is missing from. It is a batch to be tried: most of these zeros are there already, with later samples behind.
 * Histograms get an empty one of their own layout, which tells of a reset.
 */
export function startZeros({ length, refs, times, startTimes, histograms }: SampleBatch): SampleBatch {
  const zeros = createSampleBatch(startTimes === null ? 0 : length);
  for (let i = 0; i < length && startTimes !== null; i++) {
    const start = startTimes[i]!;
    if (start === 0 || start >= times[i]!) continue;
    zeros.refs[zeros.length] = refs[i]!;
    zeros.times[zeros.length++] = start;
  }
  zeros.histograms = histograms
    .filter(({ startTime, time }) => startTime !== 0 && startTime < time)
    .map(({ ref, startTime, histogram }) => ({ ref, time: startTime, startTime: 0, histogram: emptyOf(histogram) }));
  zeros.inOrderOnly = true;
  return zeros;
}

function emptyOf({ kind, schema, zeroThreshold, customValues }: Histogram): Histogram {
  const shape = {
    counterResetHint: 'reset',
    schema,
    zeroThreshold,
    customValues,
    zeroCount: 0,
    count: 0,
    sum: 0,
  } as const;
  const spans = { positiveSpans: [], negativeSpans: [] };
  return kind === 'integer'
    ? { ...shape, ...spans, kind, positiveDeltas: [], negativeDeltas: [] }
    : { ...shape, ...spans, kind, positiveCounts: [], negativeCounts: [] };
}
