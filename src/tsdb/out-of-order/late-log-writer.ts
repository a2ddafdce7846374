import type { TimeRange } from '../../storage/query.ts';
import type { LogRecord } from '../wal/compressed-samples.ts';
import type { LateLog } from '../wal/head-log.ts';
import { type PreparedRecords, RecordPreparer } from '../wal/prepare-records.ts';
import { listSegments, segmentPath } from '../wal/segments.ts';
import { createWalCounters, type WalCounters } from '../wal/wal-counters.ts';
import { WalWriter, type WalWriterOptions } from '../wal/writer.ts';

/**
 * The log of out-of-order samples, `wbl/`: format and guarantees are those of the write-ahead log. It is begun with the
 * first such sample, so a directory without any does not get one.
 */
export class LateLogWriter implements LateLog {
  readonly #options: WalWriterOptions;
  #writer: WalWriter | null = null;
  #preparer: RecordPreparer | null = null;
  #truncations = 0;
  #truncationsFailed = 0;

  constructor(options: WalWriterOptions) {
    this.#options = options;
  }

  append(records: readonly LogRecord[], times?: TimeRange, prepared?: PreparedRecords | null): void {
    this.#writer ??= WalWriter.open(this.#options);
    this.#writer.append(records, times, prepared);
  }

  /** As `WalWriter.prepare`. */
  prepare(records: readonly LogRecord[]): Generator<undefined, PreparedRecords> {
    this.#preparer ??= new RecordPreparer(this.#options.compression ?? 'snappy');
    return this.#preparer.prepare(records);
  }

  takeBack(): void {
    this.#writer?.takeBack();
  }

  /**
   * The segments that hold everything that was logged until now, rising; what is logged from here on goes to another,
   * which is there from now on: the reference's tools read no directory of a log without segments. Throws a
   * `FileSystemError`.
   */
  cut(): readonly number[] {
    const { directory, fileSystem } = this.#options;
    if (listSegments(fileSystem, directory).length === 0) return [];
    this.#writer ??= WalWriter.open(this.#options);
    const next = this.#writer.cut();
    return listSegments(fileSystem, directory).filter((segment) => segment < next);
  }

  /** Removes segments that `cut` gave, oldest first. Rejects with a `FileSystemError`; some may be gone then. */
  async remove(segments: readonly number[]): Promise<void> {
    if (segments.length === 0) return;
    const { directory, fileSystem } = this.#options;
    this.#truncations++;
    try {
      for (const segment of segments) await fileSystem.remove(segmentPath(directory, segment));
      await fileSystem.syncDirectory(directory);
    } catch (error) {
      this.#truncationsFailed++;
      throw error;
    }
  }

  /** As `LogStats`. */
  stats(): { counters: Readonly<WalCounters>; segment: number; truncations: number; truncationsFailed: number } {
    return {
      counters: this.#writer?.counters ?? createWalCounters(),
      segment: this.#writer?.segment ?? -1,
      truncations: this.#truncations,
      truncationsFailed: this.#truncationsFailed,
    };
  }

  /** As `WalWriter.sync`. */
  async sync(): Promise<void> {
    await this.#writer?.sync();
  }

  /** As `WalWriter.close`. */
  async close(): Promise<void> {
    await this.#writer?.close();
  }
}
