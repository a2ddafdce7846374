import type { CounterResetHint, FloatHistogram } from '../../model/histogram.ts';
import { bucketsByIndex } from './histogram-description.ts';

/**
 * The counter reset hint that a database gives back for a stored histogram: gauges keep theirs; of a counter, the first
 * histogram of a chunk is `unknown` and every later one `notReset`. A chunk ends where the next histogram can not follow
 * in it: another kind of sample, a reset, another layout.
 *
 * Source: how Prometheus' head cuts histogram chunks, and what its chunk iterators say of them.
 */
export function hintAfterStorage(previous: FloatHistogram | null, histogram: FloatHistogram): CounterResetHint {
  if (histogram.counterResetHint === 'gauge') return 'gauge';
  return previous !== null && follows(previous, histogram) ? 'notReset' : 'unknown';
}

function follows(previous: FloatHistogram, next: FloatHistogram): boolean {
  if (previous.counterResetHint === 'gauge' || next.counterResetHint === 'reset') return false;
  if (next.count < previous.count || next.zeroCount < previous.zeroCount) return false;
  if (next.schema !== previous.schema || next.zeroThreshold !== previous.zeroThreshold) return false;
  if (next.customValues.join() !== previous.customValues.join()) return false;
  return (
    grew(
      bucketsByIndex(previous.positiveSpans, previous.positiveCounts),
      bucketsByIndex(next.positiveSpans, next.positiveCounts),
    ) &&
    grew(
      bucketsByIndex(previous.negativeSpans, previous.negativeCounts),
      bucketsByIndex(next.negativeSpans, next.negativeCounts),
    )
  );
}

function grew(before: ReadonlyMap<number, number>, after: ReadonlyMap<number, number>): boolean {
  for (const [index, count] of before) if ((after.get(index) ?? 0) < count) return false;
  return true;
}
