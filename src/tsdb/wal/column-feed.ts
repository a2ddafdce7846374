import type { FloatHistogram, IntegerHistogram } from '../../model/histogram.ts';
import type { HistogramEntry } from '../../storage/append.ts';
import type { SampleColumn } from '../../storage/query.ts';
import type { WalVisitor } from './visitor.ts';

/**
 * Gives the samples of one series to a visitor as if the log had them. `isInteger` says that the histograms among them
 * were kept with integer counts.
 */
export function feedColumn(column: SampleColumn, ref: number, isInteger: boolean, visitor: WalVisitor): void {
  const { bits, histograms, length, startTimes, times, values } = column;
  if (histograms === null) {
    visitor.samples({ length, refs: new Float64Array(length).fill(ref), times, values, bits, startTimes });
    return;
  }
  let from = 0;
  while (from < length) {
    let to = from;
    while (to < length && histograms[to] === undefined) to++;
    if (to > from) {
      visitor.samples({
        length: to - from,
        refs: new Float64Array(to - from).fill(ref),
        times: times.subarray(from, to),
        values: values.subarray(from, to),
        bits: bits.subarray(2 * from, 2 * to),
        startTimes: startTimes?.subarray(from, to) ?? null,
      });
    }
    const entries: HistogramEntry[] = [];
    for (; to < length && histograms[to] !== undefined; to++) {
      const histogram = isInteger ? integerHistogramFromFloat(histograms[to]!) : histograms[to]!;
      entries.push({ ref, time: times[to]!, startTime: startTimes === null ? 0 : startTimes[to]!, histogram });
    }
    if (entries.length > 0) visitor.histograms(entries);
    from = to;
  }
}

/** The integer form of a histogram whose counts are integers. */
function integerHistogramFromFloat(histogram: FloatHistogram): IntegerHistogram {
  const { positiveCounts, negativeCounts, ...fields } = histogram;
  return {
    ...fields,
    kind: 'integer',
    positiveDeltas: positiveCounts.map((count, i) => count - (i === 0 ? 0 : positiveCounts[i - 1]!)),
    negativeDeltas: negativeCounts.map((count, i) => count - (i === 0 ? 0 : negativeCounts[i - 1]!)),
  };
}
