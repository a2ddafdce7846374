import type { ExemplarEntry } from '../../storage/append.ts';
import type { TimeRange } from '../../storage/query.ts';
import type { LateTransaction } from '../out-of-order/late-transaction.ts';
import type { LogRecord } from '../wal/compressed-samples.ts';
import type { HeadLog, LateLog } from '../wal/head-log.ts';
import { exemplarsRecord } from '../wal/records.ts';
import type { ExemplarRing } from './exemplar-ring.ts';
import type { HeadMemory } from './head-memory.ts';
import type { HeadReader } from './head-reader.ts';
import type { HeadState } from './head-state.ts';
import type { OpenChunks } from './open-chunks.ts';
import type { SeriesDirectory } from './series-directory.ts';
import type { TransactionRows } from './transaction-rows.ts';
import {
  type FloatSegment,
  type HistogramSegment,
  histogramNeeds,
  loggedTimes,
  recordsOf,
  type Segment,
} from './transaction-segments.ts';

/** Samples applied in one step: under a millisecond, and several in a process that has just begun. */
const STEP_FLOATS = 2048;
const STEP_HISTOGRAMS = 256;

export interface CommitParts {
  readonly memory: HeadMemory;
  readonly directory: SeriesDirectory;
  readonly openChunks: OpenChunks;
  readonly state: HeadState;
  readonly rows: TransactionRows;
  readonly exemplars: ExemplarRing;
  /** For the labels of series. */
  readonly reader: HeadReader;
  readonly log: HeadLog;
  /** null takes nothing out of order. */
  readonly lateLog: LateLog | null;
}

/** What a transaction has accepted. */
export interface Accepted {
  readonly segments: readonly Segment[];
  readonly exemplars: readonly ExemplarEntry[];
  readonly late: LateTransaction;
}

/** Log -> apply. Everything that can fail comes before the first change. */
export function commitAtOnce(parts: CommitParts, accepted: Accepted): void {
  const { openChunks, rows } = parts;
  const records: LogRecord[] = [];
  reserve(parts, accepted);
  for (const segment of accepted.segments) {
    // One by one: a series that changes its kind with each sample needs more of them than a call takes arguments.
    for (const record of recordsOf(segment, rows.indexes, openChunks.forms.loggedStartTimes)) records.push(record);
  }
  writeLog(parts, accepted, records);
  for (const segment of accepted.segments) apply(parts, segment, segment.from, segment.to);
  finish(parts, accepted);
}

/**
 * As `commitAtOnce`, in steps of a millisecond. From the first one that applies to the last one `SteppedWork.isApplying` holds: nobody looks at
 * samples between them. Numbers that tell of samples come with the last step.
 */
export function* commitInSteps(parts: CommitParts, accepted: Accepted): Generator<undefined, void> {
  const { openChunks, log, memory, rows } = parts;
  const records: LogRecord[] = [];
  reserve(parts, accepted);
  for (const segment of accepted.segments) {
    for (const record of recordsOf(segment, rows.indexes, openChunks.forms.loggedStartTimes)) {
      if ('refs' in record && log.prepare !== undefined) records.push(yield* log.prepare(record));
      else records.push(record);
    }
  }
  writeLog(parts, accepted, records);
  memory.transactions.isApplying = true;
  try {
    for (const segment of accepted.segments) {
      const { from, to } = segment;
      const stepSize = segment.kind === 'floats' ? STEP_FLOATS : STEP_HISTOGRAMS;
      for (let begin = from; begin < to; begin += stepSize) {
        yield;
        apply(parts, segment, begin, Math.min(to, begin + stepSize));
      }
    }
    finish(parts, accepted);
  } finally {
    memory.transactions.isApplying = false;
  }
}

/** Everything that applying could ask of the host. */
function reserve({ openChunks, rows }: CommitParts, { segments, late }: Accepted): void {
  const { bytes, histograms, largest } = histogramNeeds(segments);
  openChunks.reserve(rows.count - histograms);
  openChunks.reserveHistograms(histograms, bytes, largest);
  late.reserve();
}

/** Writes the records of all segments, with the others of the transaction, at once: what is unlogged is as it is now. */
function writeLog(
  { directory, rows, lateLog, log }: CommitParts,
  { segments, exemplars, late }: Accepted,
  records: LogRecord[],
): void {
  if (exemplars.length > 0) records.push(exemplarsRecord(exemplars));
  if (directory.unlogged.count > 0) records.unshift(directory.unlogged.record);
  const lateRecords = late.records();
  if (lateRecords.length > 0) lateLog?.append(lateRecords);
  if (records.length === 0) return;
  try {
    log.append(records, loggedTimes(segments, rows.indexes, exemplars));
  } catch (error) {
    if (lateRecords.length > 0) lateLog?.takeBack();
    throw error;
  }
  directory.unlogged.clear();
}

/** Applies accepted samples `from..to-1`, all of them of the segment. */
function apply(parts: CommitParts, segment: Segment, from: number, to: number): void {
  const { memory, rows } = parts;
  memory.moments.beforeAppend(rows.rows, from, to);
  if (segment.kind === 'floats') applyFloats(parts, segment, from, to);
  else applyHistograms(parts, segment, from, to);
}

/** What comes when all segments are applied. */
function finish(parts: CommitParts, { segments, exemplars: accepted, late }: Accepted): void {
  const { state, exemplars, reader, rows, directory } = parts;
  for (const segment of segments) countSamples(state, segment, rows.indexes);
  if (late.count > 0) {
    const { floats, histograms } = late.apply();
    state.lateFloats += floats;
    state.lateHistograms += histograms;
  }
  state.exemplarsLogged += accepted.length;
  for (const { ref, labels, value, time } of accepted) {
    exemplars.add(reader.labels(directory.refs.row(ref)), { labels, value, time });
  }
}

function applyFloats({ rows, openChunks }: CommitParts, segment: FloatSegment, from: number, to: number): void {
  if (openChunks.isPlain) {
    openChunks.appendRows(rows, from, to);
    return;
  }
  // Chunks may hold start times.
  const { times, startTimes, bits } = segment;
  for (let k = from; k < to; k++) {
    const i = rows.indexes[k]!;
    const start = startTimes === null ? 0 : startTimes[i]!;
    openChunks.appendWithStart(rows.rows[k]!, times[i]!, bits[2 * i]!, bits[2 * i + 1]!, start);
  }
}

function applyHistograms({ rows, openChunks }: CommitParts, segment: HistogramSegment, from: number, to: number): void {
  const { entries, samples } = segment;
  for (let k = from; k < to; k++) {
    const { time, startTime } = entries[rows.indexes[k]!]!;
    openChunks.appendHistogram(rows.rows[k]!, time, samples[k - segment.from]!, startTime);
  }
}

function countSamples(state: HeadState, segment: Segment, indexes: Uint32Array): void {
  const { minTime, maxTime } = segment.kind === 'floats' ? segment.range : timesOfHistograms(segment, indexes);
  state.minTime = Math.min(state.minTime, minTime);
  state.maxTime = Math.max(state.maxTime, maxTime);
  if (segment.kind === 'floats') state.samplesAppended += segment.to - segment.from;
  else state.histogramsLogged += segment.to - segment.from;
}

function timesOfHistograms({ entries, from, to }: HistogramSegment, indexes: Uint32Array): TimeRange {
  let minTime = Number.POSITIVE_INFINITY;
  let maxTime = Number.NEGATIVE_INFINITY;
  for (let k = from; k < to; k++) {
    const { time } = entries[indexes[k]!]!;
    minTime = Math.min(minTime, time);
    maxTime = Math.max(maxTime, time);
  }
  return { minTime, maxTime };
}
