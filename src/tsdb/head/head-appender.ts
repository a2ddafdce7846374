import { LARGE_EXTENT_BYTES_MAX } from '../../memory/large-extents.ts';
import type { Labels } from '../../model/labels.ts';
import {
  type Appender,
  type AppendOutcome,
  type ExemplarEntry,
  REFUSED,
  type SampleBatch,
  type SeriesRef,
} from '../../storage/append.ts';
import { firstHistogramBytesMax } from '../chunk/first-histogram-bytes.ts';
import { type FlatHistogram, flatHistogram } from '../chunk/flat-histogram.ts';
import { LateTransaction } from '../out-of-order/late-transaction.ts';
import type { LogRecord } from '../wal/compressed-samples.ts';
import { exemplarsRecord } from '../wal/records.ts';
import { AcceptedSamples } from './accepted-samples.ts';
import { AppendWindow } from './append-window.ts';
import { type ExemplarRing, withoutEmptyValues } from './exemplar-ring.ts';
import type { HeadLog, LateLog } from './head-log.ts';
import type { HeadMemory } from './head-memory.ts';
import type { HeadReader } from './head-reader.ts';
import type { HeadState } from './head-state.ts';
import type { OpenChunks } from './open-chunks.ts';
import { isSameHistogram } from './open-histograms.ts';
import type { SeriesDirectory } from './series-directory.ts';
import {
  LAST_TIME,
  OPEN_COUNT,
  OPEN_EXTENT,
  SERIES_DOUBLES,
  SERIES_ROW_MASK,
  SERIES_SLAB_LOG2,
  VALUE_HIGH,
  VALUE_LOW,
} from './series-table.ts';
import { startZeros } from './start-zeros.ts';
import type { TransactionRows } from './transaction-rows.ts';
import {
  type FloatSegment,
  type HistogramSegment,
  histogramNeeds,
  loggedTimes,
  recordsOf,
  timesOf,
} from './transaction-segments.ts';

/** Times are kept as doubles; beyond this they would be rounded. */
const TIME_MAX = Number.MAX_SAFE_INTEGER;
/** Where the kernel takes fewer samples than this, so many are looked at before it is called again. */
const UNUSUAL_RUN = 16;

export interface HeadAppenderParts {
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
  /** How far behind the head's newest sample others may come out of order, ms; 0 = not at all. */
  readonly outOfOrderMs: number;
  readonly chunkRangeMs: number;
}

/**
 * One transaction: `append` checks, `commit` logs and applies.
 *
 * A row is checked against the last sample of its series, or against the newest accepted row of this transaction. Times
 * before the `AppendWindow` are out of bounds.
 */
export class HeadAppender implements Appender {
  readonly #parts: HeadAppenderParts;
  readonly #accepted: AcceptedSamples;
  readonly #exemplars: ExemplarEntry[] = [];
  readonly #late: LateTransaction;
  readonly #window: AppendWindow;
  #open = true;

  constructor(parts: HeadAppenderParts) {
    if (parts.state.activeAppenders > 0) throw new Error('Cannot open an appender: another one is open');
    parts.state.activeAppenders++;
    parts.state.appendersCreated++;
    parts.rows.begin();
    parts.directory.beginTransaction();
    this.#parts = parts;
    this.#accepted = new AcceptedSamples(parts.rows);
    this.#late = new LateTransaction(parts.memory.outOfOrder, parts.outOfOrderMs, parts.state, parts.openChunks.forms);
    this.#window = new AppendWindow(parts.state, parts.chunkRangeMs);
  }

  resolve(labels: Labels): SeriesRef {
    this.#assertOpen();
    return this.#parts.directory.resolve(labels);
  }

  resolveBytes(labels: Uint8Array, start: number, end: number): SeriesRef {
    this.#assertOpen();
    return this.#parts.directory.resolveBytes(labels, start, end);
  }

  /** The outcome's arrays are valid until the next call of any appender. */
  append(batch: SampleBatch): AppendOutcome {
    this.#assertOpen();
    if (batch.startsAsZero === true) this.#appendZeros(batch);
    const { rows, directory, memory } = this.#parts;
    const { kernel } = this.#parts.openChunks;
    const { length, refs, times, bits, startTimes } = batch;
    const most = length + batch.histograms.length;
    rows.reserve(most, memory.series.rowCount, most);
    this.#window.begin(batch);
    const from = rows.count;
    let appended = 0;
    if (kernel.reaches(rows)) {
      rows.load(batch, directory.refs);
      const minTime = Math.max(this.#window.minTime, -TIME_MAX);
      for (let i = 0; i < length; ) {
        const usual = kernel.check(rows, from + i, from + length, i, minTime);
        const end = Math.min(length, i + usual + (usual < UNUSUAL_RUN ? UNUSUAL_RUN : 1));
        appended += usual + this.#checkFloats(batch, i + usual, end);
        i = end;
      }
    } else {
      appended = this.#checkFloats(batch, 0, length);
    }
    if (rows.count > from) {
      const to = rows.count;
      const range = timesOf(rows.times, from, to);
      this.#accepted.segments.push({ kind: 'floats', refs, times, startTimes, bits, from, to, range });
    }
    if (batch.histograms.length > 0) appended += this.#appendHistograms(batch);
    if (batch.exemplars.length > 0) this.#checkExemplars(batch.exemplars);
    return rows.takeOutcome(appended, length, this.#parts.state);
  }

  /** Accepts or refuses floats `start..end-1` of a batch, one by one. Returns how many it took. */
  #checkFloats(batch: SampleBatch, start: number, end: number): number {
    const { rows, directory, memory } = this.#parts;
    const { refs, times, bits } = batch;
    const { refs: refMap } = directory;
    const { records } = memory.series;
    const minTime = this.#window.minTime;
    let appended = 0;
    for (let i = start; i < end; i++) {
      const time = times[i]!;
      if (!(time >= minTime && time <= TIME_MAX && time >= -TIME_MAX && time === Math.floor(time))) {
        const reason = this.#checkOldFloat(batch, i);
        if (reason === 0) appended++;
        else rows.refuse(i, reason);
        continue;
      }
      const row = refMap.row(refs[i]!);
      if (row < 0) {
        rows.refuse(i, REFUSED.unknownRef);
        continue;
      }
      const pending = rows.pending(row);
      if (pending >= 0) {
        let reason = this.#accepted.checkFloat(pending, batch, i);
        if (reason === REFUSED.outOfOrder) reason = this.#late.takeFloat(batch, row, i, this.#window.newest);
        if (reason > 0) rows.refuse(i, reason);
        else {
          appended++;
          if (reason < 0) rows.acceptFloat(row, batch, i);
        }
        continue;
      }
      const at = (row & SERIES_ROW_MASK) * SERIES_DOUBLES;
      const last = records.doubles[row >>> SERIES_SLAB_LOG2]![at + LAST_TIME]!;
      if (time > last) {
        rows.acceptFloat(row, batch, i);
        appended++;
      } else if (time < last) {
        const reason = this.#late.takeFloat(batch, row, i, this.#window.newest);
        if (reason === 0) appended++;
        else rows.refuse(i, reason);
      } else {
        const words = records.words[row >>> SERIES_SLAB_LOG2]!;
        const isSame = words[2 * at + VALUE_LOW] === bits[2 * i] && words[2 * at + VALUE_HIGH] === bits[2 * i + 1];
        if (isSame && memory.openHistogram(row) === null) appended++;
        else rows.refuse(i, REFUSED.duplicate);
      }
    }
    return appended;
  }

  /** As far as they fit; the head's base is what the batch itself makes it. */
  #appendZeros(batch: SampleBatch): void {
    if (batch.startTimes === null && batch.histograms.length === 0) return;
    this.#window.begin(batch);
    const { refused, refusedHistograms } = this.#parts.state;
    const before = [{ ...refused }, { ...refusedHistograms }];
    this.append(startZeros(batch));
    Object.assign(refused, before[0]);
    Object.assign(refusedHistograms, before[1]);
  }

  refuses(ref: SeriesRef | null, time: number, low: number, high: number): boolean {
    const { directory, lateLog, memory, outOfOrderMs } = this.#parts;
    const { minTime, newest } = this.#window;
    if (newest === Number.NEGATIVE_INFINITY) return false;
    const isLateTaken = lateLog !== null && outOfOrderMs > 0 && time >= newest - outOfOrderMs;
    if (time < minTime) return !isLateTaken;
    const row = ref === null ? -1 : directory.refs.row(ref);
    if (row < 0) return false;
    const last = memory.series.lastTime(row);
    if (time !== last) return time < last && !isLateTaken;
    const words = memory.series.records.words[row >>> SERIES_SLAB_LOG2]!;
    const at = 2 * SERIES_DOUBLES * (row & SERIES_ROW_MASK);
    return words[at + VALUE_LOW] !== low || words[at + VALUE_HIGH] !== high || memory.openHistogram(row) !== null;
  }

  lastValue(ref: SeriesRef): number | 'histogram' | null {
    const { directory, memory } = this.#parts;
    const row = directory.refs.row(ref);
    if (row < 0) return null;
    if (memory.openHistogram(row) !== null) return 'histogram';
    const words = memory.series.records.words[row >>> SERIES_SLAB_LOG2]!;
    const at = 2 * SERIES_DOUBLES * (row & SERIES_ROW_MASK);
    if (words[at + OPEN_EXTENT] === 0 || words[at + OPEN_COUNT] === 0) return null;
    const bits = Uint32Array.of(words[at + VALUE_LOW]!, words[at + VALUE_HIGH]!);
    return new Float64Array(bits.buffer)[0]!;
  }

  commit(): void {
    this.#assertOpen();
    try {
      this.#reserve();
      this.#log();
    } finally {
      this.#close();
    }
    this.#apply();
  }

  rollback(): void {
    this.#assertOpen();
    this.#close();
  }

  #log(): void {
    const { directory, openChunks, rows, lateLog, log } = this.#parts;
    const { loggedStartTimes } = openChunks.forms;
    const records: LogRecord[] = [];
    if (directory.unlogged.count > 0) records.push(directory.unlogged.record);
    for (const segment of this.#accepted.segments) {
      // One by one: a series that changes its kind with each sample needs more of them than a call takes arguments.
      for (const record of recordsOf(segment, rows.indexes, loggedStartTimes)) records.push(record);
    }
    if (this.#exemplars.length > 0) records.push(exemplarsRecord(this.#exemplars));
    const late = this.#late.records();
    if (late.length > 0) lateLog?.append(late);
    if (records.length === 0) return;
    try {
      log.append(records, loggedTimes(this.#accepted.segments, rows.indexes, this.#exemplars));
    } catch (error) {
      if (late.length > 0) lateLog?.takeBack();
      throw error;
    }
    directory.unlogged.clear();
  }

  #apply(): void {
    const { state, exemplars, memory, reader, rows, directory } = this.#parts;
    memory.moments.beforeAppend(rows.rows, rows.count);
    for (const segment of this.#accepted.segments) {
      if (segment.kind === 'floats') this.#applyFloats(segment);
      else this.#applyHistograms(segment);
    }
    if (this.#late.count > 0) {
      const { floats, histograms } = this.#late.apply();
      state.lateFloats += floats;
      state.lateHistograms += histograms;
    }
    state.exemplarsLogged += this.#exemplars.length;
    for (const { ref, labels, value, time } of this.#exemplars) {
      exemplars.add(reader.labels(directory.refs.row(ref)), { labels, value, time });
    }
  }

  #applyFloats(segment: FloatSegment): void {
    const { state, rows, openChunks } = this.#parts;
    if (!openChunks.isPlain) {
      this.#applyWithStart(segment);
      return;
    }
    const { from, to, range } = segment;
    openChunks.appendRows(rows, from, to);
    state.minTime = Math.min(state.minTime, range.minTime);
    state.maxTime = Math.max(state.maxTime, range.maxTime);
    state.samplesAppended += to - from;
  }

  /** As `#applyFloats` where chunks may hold start times. */
  #applyWithStart({ times, startTimes, bits, from, to, range }: FloatSegment): void {
    const { state, rows, openChunks } = this.#parts;
    for (let k = from; k < to; k++) {
      const i = rows.indexes[k]!;
      const time = times[i]!;
      const start = startTimes === null ? 0 : startTimes[i]!;
      openChunks.appendWithStart(rows.rows[k]!, time, bits[2 * i]!, bits[2 * i + 1]!, start);
    }
    state.minTime = Math.min(state.minTime, range.minTime);
    state.maxTime = Math.max(state.maxTime, range.maxTime);
    state.samplesAppended += to - from;
  }

  #applyHistograms({ entries, samples, from, to }: HistogramSegment): void {
    const { state, rows, openChunks } = this.#parts;
    for (let k = from; k < to; k++) {
      const { time, startTime } = entries[rows.indexes[k]!]!;
      openChunks.appendHistogram(rows.rows[k]!, time, samples[k - from]!, startTime);
      state.minTime = Math.min(state.minTime, time);
      state.maxTime = Math.max(state.maxTime, time);
    }
    state.histogramsLogged += to - from;
  }

  /** A float with a time that can not follow: taken late, which gives 0, or a reason to refuse. */
  #checkOldFloat(batch: SampleBatch, i: number): number {
    const time = batch.times[i]!;
    if (!Number.isSafeInteger(time) || this.#parts.outOfOrderMs === 0) return REFUSED.outOfBounds;
    const row = this.#parts.directory.refs.row(batch.refs[i]!);
    return row < 0 ? REFUSED.unknownRef : this.#late.takeFloat(batch, row, i, this.#window.newest);
  }

  /** Exemplars that can not be kept are left out; they are none of a batch's refusals. */
  #checkExemplars(entries: readonly ExemplarEntry[]): void {
    const { directory, exemplars, reader } = this.#parts;
    for (const entry of entries) {
      const row = directory.refs.row(entry.ref);
      if (row < 0) continue;
      const exemplar = { ...entry, labels: withoutEmptyValues(entry.labels) };
      if (exemplars.check(reader.labels(row), exemplar) === 'new') this.#exemplars.push(exemplar);
    }
  }

  /** Checks the batch's histograms, after its floats. Returns how many were taken. */
  #appendHistograms(batch: SampleBatch): number {
    const { rows } = this.#parts;
    const entries = batch.histograms;
    const segment: HistogramSegment = { kind: 'histograms', entries, samples: [], from: rows.count, to: rows.count };
    this.#accepted.segments.push(segment);
    let taken = 0;
    for (let i = 0; i < entries.length; i++) {
      const reason = this.#checkHistogram(batch, i, segment);
      if (reason > 0) rows.refuse(batch.length + i, reason);
      else taken++;
    }
    return taken;
  }

  /** A reason to refuse, or 0; where the sample is new it is added to the segment. */
  #checkHistogram(batch: SampleBatch, index: number, segment: HistogramSegment): number {
    const entry = batch.histograms[index]!;
    const { rows, directory, memory, outOfOrderMs } = this.#parts;
    const { time } = entry;
    const isOld = time < this.#window.minTime;
    if (!Number.isSafeInteger(time) || (isOld && outOfOrderMs === 0)) return REFUSED.outOfBounds;
    const row = directory.refs.row(entry.ref);
    if (row < 0) return REFUSED.unknownRef;
    const sample = flatHistogram(entry.histogram);
    if (sample === null || firstHistogramBytesMax(sample) > LARGE_EXTENT_BYTES_MAX) return REFUSED.invalidHistogram;
    const pending = rows.pending(row);
    const last = pending >= 0 ? this.#accepted.timeOf(pending) : memory.series.lastTime(row);
    if (isOld || time < last) {
      return this.#late.takeHistogram(batch, index, row, sample, this.#window.newest);
    }
    if (time === last) {
      const isSame =
        pending >= 0 ? this.#accepted.isSameHistogram(pending, sample) : this.#isLastHistogram(row, sample);
      return isSame ? 0 : REFUSED.duplicate;
    }
    rows.accept(row, index);
    segment.samples.push(sample);
    segment.to = rows.count;
    return 0;
  }

  #isLastHistogram(row: number, sample: FlatHistogram): boolean {
    const open = this.#parts.memory.openHistogram(row);
    return open !== null && isSameHistogram(open.writer, sample);
  }

  /** Everything that applying could ask of the host. */
  #reserve(): void {
    const { openChunks, rows } = this.#parts;
    const { bytes, histograms, largest } = histogramNeeds(this.#accepted.segments);
    openChunks.reserve(rows.count - histograms);
    openChunks.reserveHistograms(histograms, bytes, largest);
    this.#late.reserve();
  }

  #close(): void {
    this.#open = false;
    this.#parts.state.activeAppenders--;
    this.#parts.directory.endTransaction();
  }

  #assertOpen(): void {
    if (!this.#open) throw new Error('Cannot use an appender after its end');
  }
}
