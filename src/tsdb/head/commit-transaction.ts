import type { ExemplarEntry } from '../../storage/append.ts';
import type { TimeRange } from '../../storage/query.ts';
import type { LateTransaction } from '../out-of-order/late-transaction.ts';
import type { LogRecord } from '../wal/compressed-samples.ts';
import type { HeadLog, LateLog } from '../wal/head-log.ts';
import type { PreparedRecords } from '../wal/prepare-records.ts';
import { exemplarsRecordInSteps } from '../wal/records.ts';
import type { ExemplarRing } from './exemplar-ring.ts';
import type { HeadMemory } from './head-memory.ts';
import type { HeadReader } from './head-reader.ts';
import type { HeadState } from './head-state.ts';
import type { OpenChunks } from './open-chunks.ts';
import type { SeriesDirectory } from './series-directory.ts';
import type { TransactionRows } from './transaction-rows.ts';
import {
  type FloatSegment,
  floatsRecord,
  type HistogramSegment,
  histogramNeeds,
  loggedTimes,
  recordsOf,
  type Segment,
} from './transaction-segments.ts';

/** Applied in one step: under a millisecond, and several in a process that has just begun. */
const STEP_FLOATS = 2048;
const STEP_HISTOGRAMS = 128;
const STEP_EXEMPLARS = 128;
/**
 * What the log is given of more samples than this is made ready in steps, a millisecond of work at least: to begin a page for it costs half a
 * page. A histogram, or an exemplar, is as much work as so many floats.
 */
const AT_ONCE_SAMPLES_MAX = 32 * 1024;
const ENTRY_WEIGHT = 32;

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

/** What a log is given of a transaction. */
interface LogBatch {
  readonly records: LogRecord[];
  /** Those of a large transaction, made ready before. */
  readonly prepared: PreparedRecords | null;
}

/** True for so few floats in order, and nothing else, that all of it is one step. */
export function isSmall({ exemplars, late, segments }: Accepted): boolean {
  let floats = 0;
  for (const { from, kind, to } of segments) {
    if (kind !== 'floats') return false;
    floats += to - from;
  }
  return floats <= STEP_FLOATS && exemplars.length === 0 && late.count === 0;
}

/**
 * Log -> apply, where `isSmall`. What comes of it is what `commitInSteps` does: made of generators a transaction of one sample costs a fifth
 * more, and one of 1,000 some 3 %.
 */
export function commitSmall(parts: CommitParts, accepted: Accepted): void {
  const { openChunks, rows } = parts;
  openChunks.reserve(rows.count);
  openChunks.reserveHistograms(0, 0, 0);
  const records: LogRecord[] = [];
  const { loggedStartTimes } = openChunks.forms;
  for (const segment of accepted.segments) {
    if (segment.kind === 'floats') records.push(floatsRecord(segment, rows.indexes, loggedStartTimes));
  }
  writeLog(parts, accepted, { records, prepared: null }, null);
  for (const segment of accepted.segments) apply(parts, segment, segment.from, segment.to);
  count(parts, accepted, null);
}

/**
 * Log -> apply, in steps of a millisecond. Everything that can fail comes before the first change. From the record to the last sample
 * applied `SteppedWork.isApplying` holds: nobody looks at samples between the steps. Numbers that tell of samples come with the last one.
 */
export function* commitInSteps(parts: CommitParts, accepted: Accepted): Generator<undefined, void> {
  const { memory } = parts;
  const { exemplars, late, segments } = accepted;
  reserve(parts, accepted);
  const isLarge = weightOf(accepted) > AT_ONCE_SAMPLES_MAX;
  const batch = yield* logBatch(parts.log, yield* recordsInOrder(parts, accepted), isLarge);
  const lateBatch = late.count > 0 ? yield* logBatch(parts.lateLog, yield* late.records(), isLarge) : null;
  writeLog(parts, accepted, batch, lateBatch);
  memory.transactions.isApplying = true;
  try {
    for (const segment of segments) {
      const { from, to } = segment;
      const stepSize = segment.kind === 'floats' ? STEP_FLOATS : STEP_HISTOGRAMS;
      for (let begin = from; begin < to; begin += stepSize) {
        yield;
        apply(parts, segment, begin, Math.min(to, begin + stepSize));
      }
    }
    const lateCounts = late.count > 0 ? yield* late.apply() : null;
    if (exemplars.length > 0) yield* addExemplars(parts, exemplars);
    count(parts, accepted, lateCounts);
  } finally {
    memory.transactions.isApplying = false;
  }
}

/** How much work it is to make the records ready, in samples. */
function weightOf({ exemplars, late, segments }: Accepted): number {
  let weight = late.count + ENTRY_WEIGHT * exemplars.length;
  for (const { from, kind, to } of segments) weight += (kind === 'floats' ? 1 : ENTRY_WEIGHT) * (to - from);
  return weight;
}

/** The records of what came in order, and of exemplars. */
function* recordsInOrder(
  { openChunks, rows }: CommitParts,
  { exemplars, segments }: Accepted,
): Generator<undefined, LogRecord[]> {
  const records: LogRecord[] = [];
  for (const segment of segments) {
    // One by one: a series that changes its kind with each sample needs more of them than a call takes arguments.
    const made = yield* recordsOf(segment, rows.indexes, openChunks.forms.loggedStartTimes);
    for (const record of made) records.push(record);
  }
  if (exemplars.length > 0) records.push(yield* exemplarsRecordInSteps(exemplars));
  return records;
}

function* logBatch(
  log: HeadLog | null,
  records: readonly LogRecord[],
  isLarge: boolean,
): Generator<undefined, LogBatch> {
  if (!isLarge || records.length === 0 || log?.prepare === undefined) return { records: [...records], prepared: null };
  return { records: [], prepared: yield* log.prepare(records) };
}

/** Everything that applying could ask of the host. */
function reserve({ openChunks, rows }: CommitParts, { segments, late }: Accepted): void {
  const { bytes, histograms, largest } = histogramNeeds(segments);
  openChunks.reserve(rows.count - histograms);
  openChunks.reserveHistograms(histograms, bytes, largest);
  late.reserve();
}

/** Writes the records at once, those of late samples first: what is unlogged is as it is now. */
function writeLog(
  { directory, rows, lateLog, log }: CommitParts,
  { segments, exemplars }: Accepted,
  { records, prepared }: LogBatch,
  late: LogBatch | null,
): void {
  if (directory.unlogged.count > 0) records.unshift(directory.unlogged.record);
  if (late !== null) lateLog?.append(late.records, undefined, late.prepared);
  if (records.length === 0 && prepared === null) return;
  try {
    log.append(records, loggedTimes(segments, rows.indexes, exemplars), prepared);
  } catch (error) {
    if (late !== null) lateLog?.takeBack();
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

/** What comes when everything is applied. */
function count(
  { rows, state }: CommitParts,
  { segments, exemplars }: Accepted,
  late: { readonly floats: number; readonly histograms: number } | null,
): void {
  for (const segment of segments) countSamples(state, segment, rows.indexes);
  state.lateFloats += late?.floats ?? 0;
  state.lateHistograms += late?.histograms ?? 0;
  state.exemplarsLogged += exemplars.length;
}

function* addExemplars(
  { directory, exemplars, reader }: CommitParts,
  accepted: readonly ExemplarEntry[],
): Generator<undefined, void> {
  for (const [i, { ref, labels, value, time }] of accepted.entries()) {
    if (i % STEP_EXEMPLARS === 0) yield;
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
