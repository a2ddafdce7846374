import type { ExemplarEntry, HistogramEntry } from '../../storage/append.ts';
import type { TimeRange } from '../../storage/query.ts';
import { firstHistogramBytesMax } from '../chunk/first-histogram-bytes.ts';
import type { FlatHistogram } from '../chunk/flat-histogram.ts';
import type { LogRecord } from '../wal/compressed-samples.ts';
import { histogramRecordsInSteps } from '../wal/records.ts';
import { histogramV2RecordsInSteps, samplesV2Record, samplesV2RecordInSteps } from '../wal/start-time-records.ts';

/** The floats of one batch, and which of the accepted rows are theirs. */
export interface FloatSegment {
  readonly kind: 'floats';
  readonly refs: Float64Array;
  readonly times: Float64Array;
  readonly startTimes: Float64Array | null;
  readonly bits: Uint32Array;
  readonly from: number;
  to: number;
  /** Between which times they lie, ms; Infinity and -Infinity where there are none. */
  readonly range: { -readonly [Bound in keyof TimeRange]: number };
}

/** The same for its histograms; `samples` are the accepted ones, in order. */
export interface HistogramSegment {
  readonly kind: 'histograms';
  readonly entries: readonly HistogramEntry[];
  readonly samples: FlatHistogram[];
  readonly from: number;
  to: number;
}

/** What a transaction accepted of one batch. */
export type Segment = FloatSegment | HistogramSegment;

/** The log's record of a segment of few floats; `indexes` as for `recordsOf`. */
export function floatsRecord(segment: FloatSegment, indexes: Uint32Array, withStartTimes: boolean): LogRecord {
  const { bits, from, refs, startTimes, times, to } = segment;
  return withStartTimes
    ? samplesV2Record(refs, times, startTimes, bits, indexes.subarray(from, to), to - from)
    : { refs, times, bits, indexes, from, to };
}

/** The log's records of a segment, made in steps; `indexes` are those of the transaction's accepted rows in their batches. */
export function* recordsOf(
  segment: Segment,
  indexes: Uint32Array,
  withStartTimes: boolean,
): Generator<undefined, readonly LogRecord[]> {
  const { from, to } = segment;
  if (segment.kind === 'floats') {
    const { refs, times, startTimes, bits } = segment;
    return withStartTimes
      ? [yield* samplesV2RecordInSteps(refs, times, startTimes, bits, indexes, from, to)]
      : [{ refs, times, bits, indexes, from, to }];
  }
  const accepted: HistogramEntry[] = [];
  for (let k = from; k < to; k++) accepted.push(segment.entries[indexes[k]!]!);
  return yield* withStartTimes ? histogramV2RecordsInSteps(accepted) : histogramRecordsInSteps(accepted);
}

/** Between which times what all segments have and the exemplars lie; Infinity and -Infinity where there is nothing. */
export function loggedTimes(
  segments: readonly Segment[],
  indexes: Uint32Array,
  exemplars: readonly ExemplarEntry[],
): TimeRange {
  let minTime = Number.POSITIVE_INFINITY;
  let maxTime = Number.NEGATIVE_INFINITY;
  const add = (from: number, to: number): void => {
    if (from < minTime) minTime = from;
    if (to > maxTime) maxTime = to;
  };
  for (const segment of segments) {
    if (segment.kind === 'floats') {
      add(segment.range.minTime, segment.range.maxTime);
    } else {
      for (let k = segment.from; k < segment.to; k++) {
        const { time } = segment.entries[indexes[k]!]!;
        add(time, time);
      }
    }
  }
  for (const { time } of exemplars) add(time, time);
  return { minTime, maxTime };
}

/** How many histograms the segments have, and bytes that their chunks may take: of all, and of the largest. */
export function histogramNeeds(segments: readonly Segment[]): { histograms: number; bytes: number; largest: number } {
  let histograms = 0;
  let bytes = 0;
  let largest = 0;
  for (const segment of segments) {
    if (segment.kind === 'floats') continue;
    histograms += segment.samples.length;
    for (const sample of segment.samples) {
      const most = 2 * firstHistogramBytesMax(sample);
      bytes += most;
      if (most > largest) largest = most;
    }
  }
  return { histograms, bytes, largest };
}

/** Takes note in a range of the times of samples `from..to-1`. */
export function widenTimes(range: FloatSegment['range'], times: Float64Array, from: number, to: number): void {
  let { minTime, maxTime } = range;
  for (let k = from; k < to; k++) {
    const time = times[k]!;
    if (time < minTime) minTime = time;
    if (time > maxTime) maxTime = time;
  }
  range.minTime = minTime;
  range.maxTime = maxTime;
}
