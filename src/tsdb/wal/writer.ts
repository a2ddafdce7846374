import { assert } from '../../std/assert.ts';
import type { Clock } from '../../std/clock.ts';
import { makeDurableDirectorySync } from '../../std/durable-directory.ts';
import { type FileHandle, type FileSystem, FileSystemError } from '../../std/file-system.ts';
import type { TimeRange } from '../../storage/query.ts';
import { type Log, silentLog } from '../../telemetry/log.ts';
import type { LogRecord } from './compressed-samples.ts';
import type { WalCompression } from './compression.ts';
import { gapToPage, PAGE_SIZE } from './framing.ts';
import { type PreparedRecords, RecordPreparer } from './prepare-records.ts';
import { RecordFramer } from './record-framer.ts';
import { ANY_TIMES, WrittenParts } from './segment-parts.ts';
import { lastCheckpoint, listSegments, SEGMENT_SIZE_DEFAULT, segmentPath } from './segments.ts';
import { createWalCounters, type WalCounters } from './wal-counters.ts';

export interface WalWriterOptions {
  readonly fileSystem: FileSystem;
  readonly clock: Clock;
  /** `wal/`; made where it is missing. Whatever is in it has been replayed before. */
  readonly directory: string;
  /** Bytes, a multiple of 32 KiB. A batch that would go beyond begins a new segment; a larger batch gets a larger one. */
  readonly segmentSize?: number;
  readonly compression?: WalCompression;
  /**
   * Milliseconds from the first write after a sync to the next sync (default 1000): what a power cut may cost. 0: only
   * `sync` and `close` sync.
   */
  readonly syncIntervalMs?: number;
  readonly log?: Log;
  /** Told how long each sync of a segment took, in seconds. */
  readonly onSync?: (seconds: number) => void;
  /** Told of every sync that failed, whoever asked for it. */
  readonly onSyncFailed?: (error: unknown) => void;
}

/** A segment that is no longer written but not yet known to be on the disk. */
interface Retired {
  readonly file: FileHandle;
  /** Where refused bytes begin that could not be cut off, or null. */
  garbageAt: number | null;
}

/**
 * Appends batches of records to the log, each with one write, and one more for what was prepared.
 *
 * Invariants:
 * - `#size` is the end of the last batch that was taken; beyond it the current segment holds nothing, or `#mustCut`.
 * - A batch stands in one segment, and a segment is never written again after the next one exists.
 * - What `sync` has covered is on the disk with everything before it: older segments first, then the directory.
 */
export class WalWriter {
  readonly counters: WalCounters = createWalCounters();
  readonly #fileSystem: FileSystem;
  readonly #clock: Clock;
  readonly #directory: string;
  readonly #segmentSize: number;
  readonly #syncIntervalMs: number;
  readonly #log: Log;
  readonly #onSync: (seconds: number) => void;
  readonly #onSyncFailed: (error: unknown) => void;
  readonly #framer: RecordFramer;
  readonly #compression: WalCompression;
  #preparer: RecordPreparer | null = null;

  #file: FileHandle;
  #segment: number;
  #size = 0;
  /** Where the last batch begins, -1 where it was taken back. */
  #lastBatchAt = -1;
  #garbageAt: number | null = null;
  #mustCut = false;
  #retired: Retired[] = [];
  #directoryChanged = true;
  #unsynced = false;
  /** The last sync failed; logged once. */
  #syncFails = false;
  #cancelTimer: (() => void) | null = null;
  #running: Promise<void> | null = null;
  #queued: Promise<void> | null = null;
  #closed = false;

  /** Begins a segment after the last one. Throws a `FileSystemError` where that is not possible. */
  static open(options: WalWriterOptions): WalWriter {
    makeDurableDirectorySync(options.fileSystem, options.directory);
    // Segments up to the checkpoint's are not read again, so none of them may be begun anew.
    const covered = lastCheckpoint(options.fileSystem, options.directory)?.segment ?? -1;
    const last = Math.max(covered, listSegments(options.fileSystem, options.directory).at(-1) ?? -1);
    const isEmpty = last > covered && options.fileSystem.statSync(segmentPath(options.directory, last))?.size === 0;
    const segment = isEmpty ? last : last + 1;
    const file = options.fileSystem.openSync(segmentPath(options.directory, segment), isEmpty ? 'r+' : 'wx');
    return new WalWriter(options, file, segment);
  }

  private constructor(options: WalWriterOptions, file: FileHandle, segment: number) {
    const segmentSize = options.segmentSize ?? SEGMENT_SIZE_DEFAULT;
    assert(segmentSize > 0 && segmentSize % PAGE_SIZE === 0, `segment size ${segmentSize} is not a multiple of a page`);
    this.#fileSystem = options.fileSystem;
    this.#clock = options.clock;
    this.#directory = options.directory;
    this.#segmentSize = segmentSize;
    this.#syncIntervalMs = options.syncIntervalMs ?? 1000;
    this.#log = options.log ?? silentLog;
    this.#onSync = options.onSync ?? (() => {});
    this.#onSyncFailed = options.onSyncFailed ?? (() => {});
    this.#compression = options.compression ?? 'snappy';
    this.#framer = new RecordFramer(this.#compression);
    this.#file = file;
    this.#segment = segment;
  }

  /** What lies where in its segments, as far as `append` was told. */
  readonly parts = new WrittenParts();

  /** Number of the segment that is being written. */
  get segment(): number {
    return this.#segment;
  }

  /** Where the next batch will begin in it. */
  get offset(): number {
    return this.#size;
  }

  /** Compresses and frames what will be large records, in steps; `append` takes what it gives, whatever comes in between. */
  prepare(records: readonly LogRecord[]): Generator<undefined, PreparedRecords> {
    this.#preparer ??= new RecordPreparer(this.#compression);
    return this.#preparer.prepare(records);
  }

  /**
   * Logs the records of one commit, whole or not at all, and behind them those that are `prepared`, which are whole or not at all for
   * themselves. When it returns, a killed process loses none of them. When it throws (a `FileSystemError`), none of them will be read again
   * and the writer can be used as before. The records are not looked at after it has returned. `times`: between which the samples
   * and exemplars among them lie, ms.
   */
  append(records: readonly LogRecord[], times: TimeRange = ANY_TIMES, prepared: PreparedRecords | null = null): void {
    assert(!this.#closed, 'the log is closed');
    if (records.length === 0 && prepared === null) return;
    try {
      if (this.#mustCut) this.#cut();
      let end = this.#frame(records, prepared);
      if (this.#size > 0 && this.#size + end > this.#segmentSize) {
        this.#cut();
        end = this.#frame(records, prepared);
      }
      this.parts.add(this.#segment, this.#size, records, times);
      const preparedSize = prepared === null ? 0 : prepared.frames.length;
      if (end > preparedSize) this.#write(this.#framer.bytes, end - preparedSize, this.#size);
      if (prepared !== null) this.#write(prepared.frames, preparedSize, this.#size + end - preparedSize);
      this.counters.bytes += end;
      this.counters.bytesSaved += this.#framer.bytesSaved + (prepared?.bytesSaved ?? 0);
      this.counters.pagesCompleted += Math.floor((this.#size + end) / PAGE_SIZE) - Math.floor(this.#size / PAGE_SIZE);
      this.#lastBatchAt = this.#size;
      this.#size += end;
    } catch (error) {
      this.counters.failedWrites++;
      throw error;
    }
    this.counters.batches++;
    this.counters.records += records.length + (prepared?.count ?? 0);
    this.#unsynced = true;
    this.#planSync();
    this.#framer.shrink();
  }

  /**
   * Undoes the last `append`: its records will not be read again. For whoever commits to two logs, when the other one
   * has refused; nothing may have been done with the log in between.
   */
  takeBack(): void {
    assert(!this.#closed, 'the log is closed');
    assert(this.#lastBatchAt >= 0, 'the last batch of the log was taken back already');
    this.#size = this.#lastBatchAt;
    this.#lastBatchAt = -1;
    this.#cutOff();
  }

  /** Begins a new segment and returns its number: everything logged so far is in the ones before it. */
  cut(): number {
    assert(!this.#closed, 'the log is closed');
    if (this.#size > 0 || this.#mustCut) this.#cut();
    return this.#segment;
  }

  /**
   * Resolves when everything that was appended before the call is on the disk. Rejects with a `FileSystemError`; the log
   * goes on in a new segment then.
   */
  sync(): Promise<void> {
    if (this.#running === null) {
      this.#running = this.#syncAll().finally(() => {
        this.#running = null;
      });
      return this.#running;
    }
    // The running sync may not cover the latest write; one more covers all who ask meanwhile.
    this.#queued ??= this.#running
      .catch(() => {})
      .then(() => {
        this.#queued = null;
        return this.sync();
      });
    return this.#queued;
  }

  /** Fills the last page with zeros, syncs and closes. Rejects where the sync fails, closed all the same. */
  async close(): Promise<void> {
    if (this.#closed) return;
    this.#closed = true;
    this.#stopTimer();
    if (!this.#mustCut) this.#padPage();
    try {
      await this.sync();
    } finally {
      for (const retired of this.#retired) retired.file.closeSync();
      this.#retired = [];
      this.#file.closeSync();
    }
  }

  /** Frames records for the end of the segment; returns their size, and that of those that are prepared, which begin a page. */
  #frame(records: readonly LogRecord[], prepared: PreparedRecords | null): number {
    const end = this.#framer.frame(records, this.#size);
    return prepared === null ? end : this.#framer.fillPage(end, this.#size) + prepared.frames.length;
  }

  /** Writes the first `size` bytes of frames at a place of the segment, or leaves the segment as it was before the batch and throws. */
  #write(frames: Uint8Array, size: number, position: number): void {
    let written = 0;
    try {
      written = this.#file.writeSync(frames, 0, size, position);
    } catch (error) {
      this.#cutOff();
      throw error;
    }
    if (written === size) return;
    this.#cutOff();
    const cause = `only ${written} of ${size} bytes were written`;
    throw new FileSystemError('write', this.#file.path, cause, 'ENOSPC');
  }

  /** After a failed write: makes the segment end at `#size` again. */
  #cutOff(): void {
    this.counters.truncations++;
    this.#garbageAt = this.#size;
    if (this.#removeGarbage(this.#file, this.#size)) this.#garbageAt = null;
    else this.counters.failedTruncations++;
    if (this.#garbageAt !== null) this.#mustCut = true;
  }

  /**
   * Takes refused bytes away: cut off, or else overwritten with zeros, which readers take for padding. False where
   * neither can be done now.
   */
  #removeGarbage(file: FileHandle, at: number): boolean {
    try {
      file.truncateSync(at);
      return true;
    } catch (error) {
      this.#log.warn('Cannot cut off a refused write of the log', { err: String(error), segment: this.#segment });
    }
    try {
      const size = file.sizeSync() - at;
      if (size > 0 && file.writeSync(new Uint8Array(size), 0, size, at) < size) return false;
      // Padding is only followed by a new page; it is simplest to go on in a new segment.
      if (file === this.#file) this.#mustCut = true;
      return true;
    } catch {
      return false;
    }
  }

  /** Begins the next segment; where that fails, the current one stays. */
  #cut(): void {
    this.#removeAllGarbage();
    const path = segmentPath(this.#directory, this.#segment + 1);
    if (this.#retired.length >= RETIRED_MAX) {
      throw new FileSystemError('begin', path, `${RETIRED_MAX} older segments still wait for a sync`, 'EBUSY');
    }
    const file = this.#fileSystem.openSync(path, 'wx');
    if (!this.#mustCut) this.#padPage();
    this.#retired.push({ file: this.#file, garbageAt: this.#garbageAt });
    this.#file = file;
    this.#segment++;
    this.#size = 0;
    this.#garbageAt = null;
    this.#mustCut = false;
    this.#directoryChanged = true;
    this.#unsynced = true;
    this.counters.segmentsCut++;
    this.#planSync();
  }

  #removeAllGarbage(): void {
    if (this.#garbageAt !== null && this.#removeGarbage(this.#file, this.#garbageAt)) this.#garbageAt = null;
    for (const retired of this.#retired) {
      if (retired.garbageAt !== null && this.#removeGarbage(retired.file, retired.garbageAt)) retired.garbageAt = null;
    }
  }

  /** Zeros to the end of the page, as the reference does with a finished segment. Readers do without, so it may fail. */
  #padPage(): void {
    const size = gapToPage(this.#size);
    if (size === 0) return;
    try {
      this.#file.writeSync(new Uint8Array(size), 0, size, this.#size);
      this.#unsynced = true;
    } catch (error) {
      this.#log.warn('Cannot pad the last page of a log segment', { err: String(error), segment: this.#segment });
    }
  }

  #planSync(): void {
    if (this.#syncIntervalMs <= 0 || this.#cancelTimer !== null || this.#closed) return;
    this.#cancelTimer = this.#clock.after(this.#syncIntervalMs, () => {
      this.#cancelTimer = null;
      // A failure has been logged and counted, and is tried again.
      this.sync().catch(() => {});
    });
  }

  #stopTimer(): void {
    this.#cancelTimer?.();
    this.#cancelTimer = null;
  }

  async #syncAll(): Promise<void> {
    this.#removeAllGarbage();
    const current = this.#file;
    const retired = [...this.#retired];
    const directoryChanged = this.#directoryChanged;
    const unsynced = this.#unsynced;
    this.#unsynced = false;
    try {
      for (const segment of retired) await this.#syncFile(segment.file);
      if (directoryChanged) await this.#fileSystem.syncDirectory(this.#directory);
      if (unsynced) await this.#syncFile(current);
    } catch (error) {
      // What the kernel could not write it may forget: later syncs must be about another file.
      this.counters.failedSyncs++;
      this.#unsynced = true;
      if (this.#file === current && this.#size > 0) this.#mustCut = true;
      if (!this.#closed) this.#planSync();
      if (!this.#syncFails) this.#log.error('Cannot sync the log', { err: String(error), segment: this.#segment });
      this.#syncFails = true;
      this.#onSyncFailed(error);
      throw error;
    }
    if (this.#syncFails) {
      this.#syncFails = false;
      this.#log.info('The log is synced again', { segment: this.#segment });
    }
    if (this.#file === current) this.#directoryChanged = false;
    for (const segment of retired) {
      if (segment.garbageAt !== null) continue;
      segment.file.closeSync();
      this.#retired.splice(this.#retired.indexOf(segment), 1);
    }
  }

  async #syncFile(file: FileHandle): Promise<void> {
    const start = this.#clock.monotonic();
    await file.sync();
    this.counters.syncs++;
    this.#onSync((this.#clock.monotonic() - start) / 1000);
  }
}

/**
 * Segments that wait for a sync, each with an open descriptor. When so many wait the disk takes nothing: commits that
 * need another segment are refused.
 */
const RETIRED_MAX = 64;
