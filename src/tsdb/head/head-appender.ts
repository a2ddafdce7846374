import { LARGE_EXTENT_BYTES_MAX } from '../../memory/large-extents.ts';
import type { Labels } from '../../model/labels.ts';
import { runInTurns } from '../../std/turns.ts';
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
import { AcceptedSamples } from './accepted-samples.ts';
import { AppendWindow } from './append-window.ts';
import { type Accepted, type CommitParts, commitInSteps, commitSmall, isSmall } from './commit-transaction.ts';
import { withoutEmptyValues } from './exemplar-ring.ts';
import { isSameHistogram } from './open-histograms.ts';
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
import { type FloatSegment, type HistogramSegment, widenTimes } from './transaction-segments.ts';

/** Times are kept as doubles; beyond this they would be rounded. */
const TIME_MAX = Number.MAX_SAFE_INTEGER;
/** Where the kernel takes fewer samples than this, so many are looked at before it is called again. */
const UNUSUAL_RUN = 16;
/** Samples checked in one step: some 100 to 500 µs. */
const STEP_SAMPLES = 16_384;
const STEP_HISTOGRAMS = 512;
const STEP_EXEMPLARS = 128;

export interface HeadAppenderParts extends CommitParts {
  /** How far behind the head's newest sample others may come out of order, ms; 0 = not at all. */
  readonly outOfOrderMs: number;
  readonly chunkRangeMs: number;
}

/** A batch while it is checked. */
interface BatchCheck {
  readonly batch: SampleBatch;
  /** Of its floats that were accepted so far. */
  readonly segment: FloatSegment;
  appended: number;
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
    return isOneStep(batch) ? this.#appendOneStep(batch) : runInTurns(this.appendInSteps(batch), null);
  }

  #appendOneStep(batch: SampleBatch): AppendOutcome {
    const check = this.#begin(batch);
    this.#checkPart(check, 0, batch.length);
    return this.#parts.rows.takeOutcome(check.appended, batch.length, this.#parts.state);
  }

  *appendInSteps(batch: SampleBatch): Generator<undefined, AppendOutcome> {
    this.#assertOpen();
    if (isOneStep(batch)) return this.#appendOneStep(batch);
    if (batch.startsAsZero === true) yield* this.#appendZeros(batch);
    const check = this.#begin(batch);
    for (let from = 0; from < batch.length; from += STEP_SAMPLES) {
      if (from > 0) yield;
      this.#checkPart(check, from, Math.min(batch.length, from + STEP_SAMPLES));
    }
    if (batch.histograms.length > 0) {
      const segment = this.#histogramSegment(batch);
      for (let i = 0; i < batch.histograms.length; i++) {
        if (i % STEP_HISTOGRAMS === STEP_HISTOGRAMS - 1) yield;
        this.#takeHistogram(check, segment, i);
      }
    }
    if (batch.exemplars.length > 0) yield* this.#checkExemplars(batch.exemplars);
    return this.#parts.rows.takeOutcome(check.appended, batch.length, this.#parts.state);
  }

  #begin(batch: SampleBatch): BatchCheck {
    const { rows, memory } = this.#parts;
    const most = batch.length + batch.histograms.length;
    rows.reserve(most, memory.series.rowCount, most);
    this.#window.begin(batch);
    const segment: FloatSegment = {
      kind: 'floats',
      refs: batch.refs,
      times: batch.times,
      startTimes: batch.startTimes,
      bits: batch.bits,
      from: rows.count,
      to: rows.count,
      range: { minTime: Number.POSITIVE_INFINITY, maxTime: Number.NEGATIVE_INFINITY },
    };
    return { batch, segment, appended: 0 };
  }

  /** Checks floats `from..to-1` of the batch, which come after those that were checked before. */
  #checkPart(check: BatchCheck, from: number, to: number): void {
    const { rows, openChunks } = this.#parts;
    const { batch, segment } = check;
    const before = rows.count;
    if (openChunks.kernel.reaches(rows)) check.appended += this.#checkByKernel(batch, segment.from, from, to);
    else check.appended += this.#checkFloats(batch, from, to);
    widenTimes(segment.range, rows.times, before, rows.count);
    segment.to = rows.count;
    // From here on other samples are checked against it as they are against those of batches before.
    if (to === batch.length && segment.to > segment.from) this.#accepted.segments.push(segment);
  }

  /** As `#checkFloats`, with the kernel for those that are simply newer. The batch's floats have places from `first` on. */
  #checkByKernel(batch: SampleBatch, first: number, start: number, end: number): number {
    const { rows, directory } = this.#parts;
    const { kernel } = this.#parts.openChunks;
    rows.load(batch, start, end, first + start, directory.refs);
    const minTime = Math.max(this.#window.minTime, -TIME_MAX);
    let taken = 0;
    for (let i = start; i < end; ) {
      const usual = kernel.check(rows, first + i, first + end, i, minTime);
      const stop = Math.min(end, i + usual + (usual < UNUSUAL_RUN ? UNUSUAL_RUN : 1));
      taken += usual + this.#checkFloats(batch, i + usual, stop);
      i = stop;
    }
    return taken;
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
  *#appendZeros(batch: SampleBatch): Generator<undefined, void> {
    if (batch.startTimes === null && batch.histograms.length === 0) return;
    this.#window.begin(batch);
    const { refused, refusedHistograms } = this.#parts.state;
    const before = [{ ...refused }, { ...refusedHistograms }];
    yield* this.appendInSteps(startZeros(batch));
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
      const accepted = this.#everything;
      if (isSmall(accepted)) commitSmall(this.#parts, accepted);
      else runInTurns(commitInSteps(this.#parts, accepted), null);
    } finally {
      this.#close();
    }
  }

  *commitInSteps(): Generator<undefined, void> {
    this.#assertOpen();
    try {
      const accepted = this.#everything;
      if (isSmall(accepted)) commitSmall(this.#parts, accepted);
      else yield* commitInSteps(this.#parts, accepted);
    } finally {
      this.#close();
    }
  }

  get #everything(): Accepted {
    return { segments: this.#accepted.segments, exemplars: this.#exemplars, late: this.#late };
  }

  rollback(): void {
    this.#assertOpen();
    this.#close();
  }

  /** A float with a time that can not follow: taken late, which gives 0, or a reason to refuse. */
  #checkOldFloat(batch: SampleBatch, i: number): number {
    const time = batch.times[i]!;
    if (!Number.isSafeInteger(time) || this.#parts.outOfOrderMs === 0) return REFUSED.outOfBounds;
    const row = this.#parts.directory.refs.row(batch.refs[i]!);
    return row < 0 ? REFUSED.unknownRef : this.#late.takeFloat(batch, row, i, this.#window.newest);
  }

  /** Exemplars that can not be kept are left out; they are none of a batch's refusals. */
  *#checkExemplars(entries: readonly ExemplarEntry[]): Generator<undefined, void> {
    const { directory, exemplars, reader } = this.#parts;
    for (const [i, entry] of entries.entries()) {
      if (i % STEP_EXEMPLARS === STEP_EXEMPLARS - 1) yield;
      const row = directory.refs.row(entry.ref);
      if (row < 0) continue;
      const exemplar = { ...entry, labels: withoutEmptyValues(entry.labels) };
      if (exemplars.check(reader.labels(row), exemplar) === 'new') this.#exemplars.push(exemplar);
    }
  }

  /** For the batch's histograms, which come after its floats. */
  #histogramSegment({ histograms: entries }: SampleBatch): HistogramSegment {
    const { count } = this.#parts.rows;
    const segment: HistogramSegment = { kind: 'histograms', entries, samples: [], from: count, to: count };
    this.#accepted.segments.push(segment);
    return segment;
  }

  #takeHistogram(check: BatchCheck, segment: HistogramSegment, index: number): void {
    const reason = this.#checkHistogram(check.batch, index, segment);
    if (reason > 0) this.#parts.rows.refuse(check.batch.length + index, reason);
    else check.appended++;
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

  #close(): void {
    this.#open = false;
    this.#parts.state.activeAppenders--;
    this.#parts.directory.endTransaction();
  }

  #assertOpen(): void {
    if (!this.#open) throw new Error('Cannot use an appender after its end');
  }
}

/** True where checking the batch takes no more than a step. */
function isOneStep({ exemplars, histograms, length, startsAsZero }: SampleBatch): boolean {
  return length <= STEP_SAMPLES && histograms.length === 0 && exemplars.length === 0 && startsAsZero !== true;
}
