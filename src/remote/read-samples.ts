import type { CounterResetHint, FloatHistogram, Span } from '../model/histogram.ts';
import type { SampleColumn } from '../storage/query.ts';
import type { MessageWriter } from './read-message-writer.ts';

/** Values of the `reset_hint` enum. */
const RESET_HINTS: Readonly<Record<CounterResetHint, number>> = { unknown: 0, reset: 1, notReset: 2, gauge: 3 };

/** Writes labels (`1 name, 2 value`) as field 1 of the message that is open; `pairs` are name, value, ... */
export function writeLabels(writer: MessageWriter, pairs: readonly string[]): void {
  for (let i = 0; i < pairs.length; i += 2) {
    const mark = writer.begin(1);
    writer.text(1, pairs[i]!);
    writer.text(2, pairs[i + 1]!);
    writer.end(mark);
  }
}

/** Writes the histogram at an index as field 4. The fields are drawn in `write-histogram.ts`. The sum is written by its bits, since a stale marker lies in it. */
export function writeHistogram(
  writer: MessageWriter,
  column: SampleColumn,
  at: number,
  histogram: FloatHistogram,
): void {
  const isInteger = column.integerCounts?.[at] === 1;
  const mark = writer.begin(4);
  if (isInteger) writer.integerAlways(1, histogram.count);
  else writer.doubleAlways(2, histogram.count);
  writer.doubleBits(3, column.bits[2 * at]!, column.bits[2 * at + 1]!);
  writer.zigzag(4, histogram.schema);
  writer.double(5, histogram.zeroThreshold);
  if (isInteger) writer.integerAlways(6, histogram.zeroCount);
  else writer.doubleAlways(7, histogram.zeroCount);
  writeSpans(writer, 8, histogram.negativeSpans);
  if (isInteger) writer.packedZigzags(9, deltas(histogram.negativeCounts));
  else writer.packedDoubles(10, histogram.negativeCounts);
  writeSpans(writer, 11, histogram.positiveSpans);
  if (isInteger) writer.packedZigzags(12, deltas(histogram.positiveCounts));
  else writer.packedDoubles(13, histogram.positiveCounts);
  writer.integer(14, RESET_HINTS[histogram.counterResetHint]);
  writer.integer(15, column.times[at]!);
  writer.packedDoubles(16, histogram.customValues);
  writer.end(mark);
}

function writeSpans(writer: MessageWriter, field: number, spans: readonly Span[]): void {
  for (const { offset, length } of spans) {
    const mark = writer.begin(field);
    writer.zigzag(1, offset);
    writer.integer(2, length);
    writer.end(mark);
  }
}

function deltas(counts: readonly number[]): number[] {
  return counts.map((count, i) => (i === 0 ? count : count - counts[i - 1]!));
}
