import type { Labels } from '../../model/labels.ts';
import {
  type Appender,
  type AppendOutcome,
  type ExemplarEntry,
  type HistogramEntry,
  REFUSED,
  type SampleBatch,
  type SeriesRef,
} from '../../storage/append.ts';
import { exemplarsRecord, histogramRecords, samplesRecord, seriesRecord } from '../wal/records.ts';
import type { HeadState } from './head.ts';
import type { HeadMemory } from './head-memory.ts';
import type { OpenChunks } from './open-chunks.ts';
import type { SeriesDirectory } from './series-directory.ts';
import { LAST_TIME, SERIES_DOUBLES, SERIES_ROW_MASK, SERIES_SLAB_LOG2, VALUE_HIGH, VALUE_LOW } from './series-table.ts';
import type { TransactionRows } from './transaction-rows.ts';

/** Times are kept as doubles; beyond this they would be rounded. */
const TIME_MAX = Number.MAX_SAFE_INTEGER;

/** Where a transaction is logged. `append` takes all records or throws and takes none. */
export interface HeadLog {
  append(records: readonly Uint8Array[]): void;
}

export interface HeadAppenderParts {
  readonly memory: HeadMemory;
  readonly directory: SeriesDirectory;
  readonly openChunks: OpenChunks;
  readonly state: HeadState;
  readonly rows: TransactionRows;
  readonly log: HeadLog;
  readonly chunkRangeMs: number;
  readonly minValidTime: number;
}

/** The arrays of one batch, and which of the accepted rows are its. */
interface Segment {
  readonly refs: Float64Array;
  readonly times: Float64Array;
  readonly bits: Uint32Array;
  readonly from: number;
  readonly to: number;
}

/**
 * One transaction: `append` checks, `commit` logs and applies.
 *
 * A row is checked against the last sample of its series, or against the newest accepted row of this transaction. Times
 * before `max(minValidTime, newest time of the head - half a chunk range)` are out of bounds, as the head stood when the
 * transaction began; an empty head takes its bounds from the first row.
 */
export class HeadAppender implements Appender {
  readonly #parts: HeadAppenderParts;
  readonly #segments: Segment[] = [];
  readonly #histograms: HistogramEntry[] = [];
  readonly #exemplars: ExemplarEntry[] = [];
  #minTime: number;
  /** The head has samples, or this transaction has seen one, so that `#minTime` is known. */
  #hasBase: boolean;
  #open = true;

  constructor(parts: HeadAppenderParts) {
    if (parts.state.activeAppenders > 0) throw new Error('Cannot open an appender: another one is open');
    parts.state.activeAppenders++;
    parts.rows.begin();
    this.#parts = parts;
    this.#minTime = this.#oldestTaken(parts.state.maxTime);
    this.#hasBase = parts.state.maxTime !== Number.NEGATIVE_INFINITY;
  }

  resolve(labels: Labels): SeriesRef {
    this.#assertOpen();
    return this.#parts.directory.resolve(labels);
  }

  /** The outcome's arrays are valid until the next call of any appender. */
  append(batch: SampleBatch): AppendOutcome {
    this.#assertOpen();
    const { rows, directory, memory } = this.#parts;
    const { length, refs, times, bits } = batch;
    const { refs: refMap } = directory;
    const { records } = memory.series;
    rows.reserve(length, memory.series.rowCount, length + batch.histograms.length);
    if (!this.#hasBase) this.#findBase(batch);
    const minTime = this.#minTime;
    const from = rows.count;
    let appended = 0;
    for (let i = 0; i < length; i++) {
      const time = times[i]!;
      if (!(time >= minTime && time <= TIME_MAX && time >= -TIME_MAX && time === Math.floor(time))) {
        rows.refuse(i, REFUSED.outOfBounds);
        continue;
      }
      const row = refMap.row(refs[i]!);
      if (row < 0) {
        rows.refuse(i, REFUSED.unknownRef);
        continue;
      }
      const pending = rows.pending(row);
      if (pending >= 0) {
        const reason = this.#checkPending(pending, batch, i);
        if (reason > 0) rows.refuse(i, reason);
        else {
          appended++;
          if (reason < 0) rows.accept(row, i);
        }
        continue;
      }
      const at = (row & SERIES_ROW_MASK) * SERIES_DOUBLES;
      const last = records.doubles[row >>> SERIES_SLAB_LOG2]![at + LAST_TIME]!;
      if (time > last) {
        rows.accept(row, i);
        appended++;
      } else if (time < last) {
        rows.refuse(i, REFUSED.outOfOrder);
      } else {
        const words = records.words[row >>> SERIES_SLAB_LOG2]!;
        const isSame = words[2 * at + VALUE_LOW] === bits[2 * i] && words[2 * at + VALUE_HIGH] === bits[2 * i + 1];
        if (isSame) appended++;
        else rows.refuse(i, REFUSED.duplicate);
      }
    }
    if (rows.count > from) this.#segments.push({ refs, times, bits, from, to: rows.count });
    appended += this.#appendHistograms(batch);
    for (const exemplar of batch.exemplars) if (refMap.row(exemplar.ref) >= 0) this.#exemplars.push(exemplar);
    return rows.takeOutcome(appended, this.#parts.state.refused);
  }

  commit(): void {
    this.#assertOpen();
    try {
      this.#parts.openChunks.reserve(this.#parts.rows.count);
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
    const { directory, rows, log } = this.#parts;
    const records: Uint8Array[] = [];
    if (directory.unlogged.length > 0) records.push(seriesRecord(directory.unlogged));
    for (const { refs, times, bits, from, to } of this.#segments) {
      records.push(samplesRecord(refs, times, bits, rows.indexes.subarray(from, to), to - from));
    }
    if (this.#histograms.length > 0) records.push(...histogramRecords(this.#histograms));
    if (this.#exemplars.length > 0) records.push(exemplarsRecord(this.#exemplars));
    if (records.length === 0) return;
    log.append(records);
    directory.markLogged();
  }

  #apply(): void {
    const { state, rows, openChunks } = this.#parts;
    const { rows: rowOf, indexes } = rows;
    let { minTime, maxTime } = state;
    for (const { times, bits, from, to } of this.#segments) {
      for (let k = from; k < to; k++) {
        const i = indexes[k]!;
        const time = times[i]!;
        openChunks.append(rowOf[k]!, time, bits[2 * i]!, bits[2 * i + 1]!);
        if (time < minTime) minTime = time;
        if (time > maxTime) maxTime = time;
      }
    }
    state.minTime = minTime;
    state.maxTime = maxTime;
    state.samplesAppended += rows.count;
    state.histogramsLogged += this.#histograms.length;
    state.exemplarsLogged += this.#exemplars.length;
  }

  /** Against an accepted row of this transaction: a reason to refuse, 0 for the same sample again, -1 for a newer one. */
  #checkPending(accepted: number, batch: SampleBatch, i: number): number {
    const time = batch.times[i]!;
    let { times, bits } = batch;
    const segment = this.#segments.find((candidate) => accepted >= candidate.from && accepted < candidate.to);
    if (segment !== undefined) ({ times, bits } = segment);
    const before = this.#parts.rows.indexes[accepted]!;
    if (time > times[before]!) return -1;
    if (time < times[before]!) return REFUSED.outOfOrder;
    const isSame = batch.bits[2 * i] === bits[2 * before] && batch.bits[2 * i + 1] === bits[2 * before + 1];
    return isSame ? 0 : REFUSED.duplicate;
  }

  /** Histograms are logged, not stored yet: they are checked for their series and for the bounds. Returns how many. */
  #appendHistograms(batch: SampleBatch): number {
    const { rows, directory } = this.#parts;
    let accepted = 0;
    for (const [i, entry] of batch.histograms.entries()) {
      const { time } = entry;
      if (!Number.isSafeInteger(time) || time < this.#minTime) {
        rows.refuse(batch.length + i, REFUSED.outOfBounds);
      } else if (directory.refs.row(entry.ref) < 0) {
        rows.refuse(batch.length + i, REFUSED.unknownRef);
      } else {
        this.#histograms.push(entry);
        accepted++;
      }
    }
    return accepted;
  }

  #findBase({ length, times }: SampleBatch): void {
    for (let i = 0; i < length && !this.#hasBase; i++) {
      if (!Number.isSafeInteger(times[i])) continue;
      this.#minTime = this.#oldestTaken(times[i]!);
      this.#hasBase = true;
    }
  }

  #oldestTaken(maxTime: number): number {
    return Math.max(this.#parts.minValidTime, maxTime - this.#parts.chunkRangeMs / 2);
  }

  #close(): void {
    this.#open = false;
    this.#parts.state.activeAppenders--;
  }

  #assertOpen(): void {
    if (!this.#open) throw new Error('Cannot use an appender after its end');
  }
}
