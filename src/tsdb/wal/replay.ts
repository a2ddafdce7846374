import type { FileHandle, FileSystem } from '../../std/file-system.ts';
import { type Log, silentLog } from '../../telemetry/log.ts';
import { AheadLost, type FileEnd, type LogAhead, type LogFile, type SampleCounts } from './ahead/log-ahead.ts';
import { RecordDecompressor } from './compression.ts';
import { type EntryCounts, RecordDecoder } from './decode-records.ts';
import { type FileRole, logParts } from './log-parts.ts';
import { RECORD_BYTES_MAX } from './record-types.ts';
import { rewriteSegment } from './rewrite-segment.ts';
import { type BadBytes, SegmentReader } from './segment-reader.ts';
import { segmentPath } from './segments.ts';
import { setAside } from './set-aside.ts';
import type { WalVisitor } from './visitor.ts';

export interface ReplayOptions {
  /**
   * Where damaged bytes are copied to. Giving it also allows the replay to cut torn tails off, which whoever writes to
   * the log afterwards must do, to write damaged segments again without their damage, and to put empty segments where
   * some are missing: a Prometheus that opens the log later ends at the first damage and refuses a gap. Without it
   * nothing on the disk is changed.
   */
  readonly damagedDirectory?: string;
  /** A record that claims more bytes (compressed or not) counts as damaged; default 512 MiB. */
  readonly recordBytesMax?: number;
  readonly log?: Log;
  /** Where to begin, behind a record; without it at the last checkpoint, or else at the first segment. */
  readonly from?: { readonly segment: number; readonly offset: number };
  /** Reads and decodes the files ahead; closed at the end. Then the caller lets the event loop run between steps. */
  readonly ahead?: LogAhead | null;
}

/** Bytes of the log that could not be read. */
export interface WalDamage extends BadBytes {
  /** Path of the segment. */
  readonly path: string;
  /** Where they were copied to, or null. */
  readonly savedTo: string | null;
}

export interface ReplayReport {
  /** Number of the last segment that the checkpoint covers, or null. */
  readonly checkpoint: number | null;
  /** Numbers of the first and last segment of the log itself, -1 where there is none. */
  readonly firstSegment: number;
  readonly lastSegment: number;
  /** Numbers missing between them, and between the checkpoint and the first. */
  readonly missingSegments: number;
  readonly records: number;
  readonly bytes: number;
  readonly entries: Readonly<EntryCounts>;
  readonly damages: readonly WalDamage[];
  /** What a crash left at the end of the last segment; cut off where `damagedDirectory` was given. */
  readonly tornTail: WalDamage | null;
}

export interface ReplayProgress {
  /** First, last and current segment, as `/api/v1/status/walreplay` tells them. */
  readonly first: number;
  readonly last: number;
  readonly current: number;
}

/** Reads the whole log: the last checkpoint, then the segments after it. Throws a `FileSystemError` for I/O errors only. */
export function replayWal(
  fileSystem: FileSystem,
  walDirectory: string,
  visitor: WalVisitor,
  options: ReplayOptions = {},
): ReplayReport {
  const steps = replayWalInSteps(fileSystem, walDirectory, visitor, options);
  for (;;) {
    const step = steps.next();
    if (step.done === true) return step.value;
  }
}

/**
 * As `replayWal`, in steps of some milliseconds, between which the caller may let the event loop run. Memory is bounded by the
 * largest record.
 */
export function* replayWalInSteps(
  fileSystem: FileSystem,
  walDirectory: string,
  visitor: WalVisitor,
  options: ReplayOptions = {},
): Generator<ReplayProgress, ReplayReport> {
  const { from = null } = options;
  const { begin, checkpoint, parts, segments } = logParts(fileSystem, walDirectory, from);
  const first = segments[0] ?? -1;
  const last = segments.at(-1) ?? -1;
  const replay = new Replay(fileSystem, visitor, options);
  try {
    for (const part of parts) {
      for (const _ of replay.file(part, part.name, part.role)) yield { first, last, current: part.number };
      if (parts.length > 1) options.log?.info('part of a log read', { path: part.path, last });
    }
    for (const _ of replay.adoptSeries()) yield { first, last, current: last };
  } finally {
    replay.close();
  }
  return {
    checkpoint: checkpoint?.segment ?? null,
    firstSegment: first,
    lastSegment: last,
    missingSegments: replay.fillGaps(walDirectory, checkpoint === null && from === null ? first : begin, segments),
    records: replay.records,
    bytes: replay.bytes,
    entries: replay.decoder.counts,
    damages: replay.damages,
    tornTail: replay.tornTail,
  };
}

class Replay {
  readonly decoder: RecordDecoder;
  readonly damages: WalDamage[] = [];
  tornTail: WalDamage | null = null;
  records = 0;
  bytes = 0;
  /** Of records, decompressed, since the last step: what takes the time. */
  #stepBytes = 0;
  #ahead: LogAhead | null;
  readonly #fileSystem: FileSystem;
  readonly #visitor: WalVisitor;
  readonly #options: ReplayOptions;
  readonly #log: Log;
  readonly #recordBytesMax: number;
  readonly #decompressor: RecordDecompressor;

  constructor(fileSystem: FileSystem, visitor: WalVisitor, options: ReplayOptions) {
    this.#ahead = options.ahead ?? null;
    this.decoder = new RecordDecoder(visitor);
    this.#fileSystem = fileSystem;
    this.#visitor = visitor;
    this.#options = options;
    this.#log = options.log ?? silentLog;
    this.#recordBytesMax = options.recordBytesMax ?? RECORD_BYTES_MAX;
    this.#decompressor = new RecordDecompressor(this.#recordBytesMax);
  }

  /** Visits the records of one file; yields now and then. */
  *file({ path, from }: LogFile, name: string, role: FileRole): Generator<void, void> {
    const file = this.#fileSystem.openSync(path, 'r');
    try {
      const malformed: BadBytes[] = [];
      const { bad, end, size, tail } = yield* this.#records(file, from, malformed);
      this.bytes += size - from;
      const damages = [...malformed, ...bad].map((bytes) => this.#report(file, name, bytes));
      // One by one, here and below: there may be more of them than a call takes arguments.
      for (const damage of damages) this.damages.push(damage);
      if (tail !== null) this.#endAt(file, name, role, tail, end === 'short');
      yield;
      // Only what has a copy may go.
      if (damages.length > 0 && damages.every(({ savedTo }) => savedTo !== null)) yield* this.#rewrite(path, malformed);
    } finally {
      file.closeSync();
    }
  }

  close(): void {
    this.#ahead?.close();
  }

  /** Makes the segments that are missing from `first` on, empty ones. Returns how many those are. */
  fillGaps(walDirectory: string, first: number, segments: readonly number[]): number {
    const gaps: number[] = [];
    let missing = 0;
    let expected = first;
    for (const number of segments) {
      missing += number - expected;
      for (; expected < number && gaps.length < GAPS_FILLED_MAX; expected++) gaps.push(expected);
      expected = number + 1;
    }
    if (missing === 0) return 0;
    this.#log.warn('Segments of the log are missing', { count: missing, first: gaps[0] });
    if (this.#options.damagedDirectory === undefined || missing > gaps.length) return missing;
    try {
      for (const number of gaps) this.#fileSystem.openSync(segmentPath(walDirectory, number), 'wx').closeSync();
      this.#fileSystem.syncDirectorySync(walDirectory);
    } catch (error) {
      this.#log.warn('Cannot put empty log segments where some are missing', { err: String(error) });
    }
    return missing;
  }

  *#rewrite(path: string, unreadable: readonly BadBytes[]): Generator<void, void> {
    const leftOut = new Set(unreadable.map(({ offset }) => offset));
    try {
      yield* rewriteSegment({ fileSystem: this.#fileSystem, path, recordBytesMax: this.#recordBytesMax, leftOut });
      this.#log.info('A damaged log segment was written again without the damage', { path });
    } catch (error) {
      this.#log.warn('Cannot write a damaged log segment again', { err: String(error) });
    }
  }

  /** Visits all records of a file; puts those that can not be read into `malformed`. */
  *#records(file: FileHandle, from: number, malformed: BadBytes[]): Generator<void, Omit<FileEnd, keyof SampleCounts>> {
    let begin = from;
    const before: BadBytes[] = [];
    /** How often nothing had come, each time after a millisecond. */
    let idle = 0;
    while (this.#ahead !== null) {
      const entry = this.#ahead.next();
      if (entry === null) {
        if (this.#ahead.isLost) throw new AheadLost('The thread that read the log ahead has ended');
        // Most likely there are no more for now.
        if (++idle === ADOPT_AFTER_IDLE) yield* this.adoptSeries();
        this.#visitor.workAhead?.();
        yield;
        continue;
      }
      idle = 0;
      if (entry.kind === 'end') {
        this.#count(entry.end);
        return entry.end;
      }
      if (entry.kind === 'record' && this.#takeSeries(entry.record, entry.flags)) {
        yield* this.#workOff();
        continue;
      }
      if (entry.kind !== 'unreadable') yield* this.adoptSeries();
      if (entry.kind === 'rest') {
        begin = entry.from;
        for (const bytes of entry.bad) before.push(bytes);
        this.#count(entry);
        this.#endAhead();
        break;
      }
      if (entry.kind === 'chunks') {
        this.#stepBytes += entry.chunks.end - entry.chunks.start;
        this.#visitor.chunks!(entry.chunks);
      } else if (entry.kind === 'loose') {
        this.#stepBytes += LOOSE_BYTES * entry.samples.length;
        this.#visitor.samples(entry.samples);
      } else {
        const reason =
          entry.kind === 'unreadable' ? entry.reason : this.#visit(entry.record, entry.record.length, entry.flags);
        if (reason !== null) malformed.push({ offset: entry.offset, size: entry.end - entry.offset, reason });
      }
      yield* this.#workOff();
    }
    const reader = new SegmentReader(file, this.#recordBytesMax, begin);
    while (reader.next()) {
      const { recordEnd, recordFlags, recordOffset, recordSize } = reader;
      const reason = this.#visit(reader.record, recordSize, recordFlags);
      if (reason !== null) malformed.push({ offset: recordOffset, size: recordEnd - recordOffset, reason });
      yield* this.#workOff();
    }
    const { bad, end, size, tail } = reader;
    return { bad: [...before, ...bad], end, size, tail };
  }

  #endAhead(): void {
    this.#ahead?.close();
    this.#ahead = null;
  }

  #count({ leftOut, sampleRecords, samples }: SampleCounts): void {
    this.records += sampleRecords;
    this.decoder.counts.samples += samples;
    this.decoder.counts.leftOut += leftOut;
  }

  /** True where the visitor has taken a record of series whole. */
  #takeSeries(record: Uint8Array, flags: number): boolean {
    const series = this.#visitor.seriesRecord?.(record, flags) ?? -1;
    if (series < 0) return false;
    this.records++;
    this.decoder.counts.series += series;
    this.#stepBytes += SERIES_BYTES * series;
    return true;
  }

  /** Before anything that may ask for the series that the visitor has taken. */
  *adoptSeries(): Generator<void, void> {
    while (this.#visitor.adoptSeries?.() === true) yield;
  }

  #visit(bytes: Uint8Array, size: number, flags: number): string | null {
    const record = this.#decompressor.decompress(bytes, size, flags);
    if (typeof record === 'string') return record;
    this.records++;
    this.#stepBytes += record.length;
    return this.decoder.visit(record);
  }

  /** Yields where a step is over, and while the visitor has work. */
  *#workOff(): Generator<void, void> {
    while (this.#visitor.workOff?.() === true) yield;
    if (this.#stepBytes < STEP_BYTES) return;
    this.#stepBytes = 0;
    yield;
  }

  /** Bad bytes up to the end of the segment: a crash's in the last one, damage elsewhere. Cut off either way. */
  #endAt(file: FileHandle, name: string, role: FileRole, tail: BadBytes, isShort: boolean): void {
    const isTorn = role === 'last';
    const damage = isTorn && isShort ? { ...tail, path: file.path, savedTo: null } : this.#report(file, name, tail);
    if (isTorn) this.tornTail = damage;
    else this.damages.push(damage);
    if (role === 'fixed' || this.#options.damagedDirectory === undefined) return;
    // Bytes that may be somebody's samples are only cut off once there is a copy.
    if (!isShort && damage.savedTo === null) return;
    this.#log.info('Cut the torn end of a log segment off', { path: file.path, offset: tail.offset, size: tail.size });
    const writable = this.#fileSystem.openSync(file.path, 'r+');
    try {
      writable.truncateSync(tail.offset);
      writable.syncSync();
    } finally {
      writable.closeSync();
    }
  }

  #report(file: FileHandle, name: string, bad: BadBytes): WalDamage {
    let savedTo: string | null = null;
    const { damagedDirectory } = this.#options;
    if (damagedDirectory !== undefined) {
      try {
        savedTo = setAside(this.#fileSystem, damagedDirectory, name, file, bad);
      } catch (error) {
        this.#log.warn('Cannot set damaged bytes of the log aside', { err: String(error) });
      }
    }
    this.#log.warn('Damaged bytes in the log were passed over', { path: file.path, ...bad, savedTo });
    return { ...bad, path: file.path, savedTo };
  }
}
/** 500 series or 12,000 samples: some 2 ms. */
const STEP_BYTES = 128 * 1024;
/** What the visitor has taken of series becomes usable when for so long, in ms, nothing else has come. */
const ADOPT_AFTER_IDLE = 8;
/** Of a sample that comes by itself from whoever reads ahead. */
const LOOSE_BYTES = 24;
/** Of a series that the visitor has taken in bulk: a tenth of the time that one takes by itself. */
const SERIES_BYTES = 24;
/** A wider gap is no lost segment but a file with a strange name. */
const GAPS_FILLED_MAX = 1000;
