import type { Clock } from '../std/clock.ts';
import { type FileSystem, FileSystemError } from '../std/file-system.ts';
import { createRandom } from '../std/random.ts';
import { AppendsStopped } from '../storage/append.ts';
import type { Log } from '../telemetry/log.ts';
import type { HeadLog, LateLog } from './wal/head-log.ts';
import { recordBytes } from './wal/records.ts';

/** From a failed write to the first try. Each failed try doubles it up to the most. */
const PROBE_AFTER_MS = 1000;
const PROBE_AFTER_MS_MAX = 30_000;
/**
 * A disk that fails again so soon after it worked is tried at the longer intervals that were reached, and the log has told
 * of it already.
 */
const STEADY_MS = 60_000;
/**
 * What must fit before samples are taken again: more than most commits need, and as much as the one that failed, so that
 * the next does not fail at once. Written in pieces of the one, up to the other.
 */
const PROBE_BYTES = 1024 * 1024;
const PROBE_BYTES_MAX = 32 * PROBE_BYTES;

/** What the system says of a disk that takes nothing, whatever is written to it. */
const DISK_CODES: ReadonlySet<string> = new Set(['ENOSPC', 'EDQUOT', 'EIO', 'EROFS']);

export interface WriteGateOptions {
  readonly fileSystem: FileSystem;
  readonly clock: Clock;
  readonly log: Log;
  /** Where a file is written to see whether that works; it has a name that nobody reads and is removed. */
  readonly probePath: string;
  /** Told why samples are not taken any more, and with null that they are again. */
  readonly onChange?: (reason: string | null) => void;
}

/**
 * Whether samples are taken. A disk that is full or fails closes the gate: transactions are refused at once, with the
 * reason, and nothing else is tried but a small file now and then, until that can be written and synced. What only reads
 * goes on.
 */
export class WriteGate {
  readonly #options: WriteGateOptions;
  #reason: string | null = null;
  #closedAt = 0;
  #openedAt = Number.NEGATIVE_INFINITY;
  #delayMs = PROBE_AFTER_MS;
  #probeBytes = PROBE_BYTES;
  #cancelTimer: (() => void) | null = null;
  #ended = false;
  /** The log says that the gate is closed, and when it said so last. */
  #isTold = false;
  #toldAt = Number.NEGATIVE_INFINITY;
  /** How often the gate was closed, and how many transactions it refused meanwhile. */
  readonly counters = { closed: 0, refused: 0 };

  constructor(options: WriteGateOptions) {
    this.#options = options;
  }

  /** Why samples are not taken; null while they are. */
  get reason(): string | null {
    return this.#reason;
  }

  /** Throws `AppendsStopped` while the gate is closed. */
  assertOpen(): void {
    if (this.#reason === null) return;
    this.counters.refused++;
    throw new AppendsStopped(this.#reason);
  }

  /** The log behind the gate: what it can not write closes the gate and is thrown as `AppendsStopped`. */
  guard(log: HeadLog): HeadLog {
    return {
      ...(log.prepare === undefined ? {} : { prepare: (records) => log.prepare!(records) }),
      append: (records, times, prepared) => {
        this.assertOpen();
        try {
          log.append(records, times, prepared);
        } catch (error) {
          this.report(
            error,
            records.reduce((sum, record) => sum + recordBytes(record).length, prepared?.recordBytes ?? 0),
          );
          throw error instanceof FileSystemError ? new AppendsStopped(error.message, { cause: error }) : error;
        }
      },
    };
  }

  /** As `guard`; what was logged can be taken back whether the gate is open or not. */
  guardLate(log: LateLog): LateLog {
    return { ...this.guard(log), takeBack: () => log.takeBack() };
  }

  /**
   * Something below the data directory could not be written, `bytes` of it; errors of other kinds are passed over.
   */
  report(error: unknown, bytes = 0): void {
    if (!(error instanceof FileSystemError) || this.#reason !== null || this.#ended) return;
    const { clock, log } = this.#options;
    if (clock.monotonic() - this.#openedAt > STEADY_MS) this.#delayMs = PROBE_AFTER_MS;
    this.counters.closed++;
    this.#closedAt = clock.monotonic();
    this.#probeBytes = Math.min(PROBE_BYTES_MAX, Math.max(PROBE_BYTES, bytes));
    log.debug('The data directory can not be written', { err: error.message });
    this.#change(error.message);
    this.#tell();
    this.#planProbe();
  }

  /** As `report`, for work that may also fail of what it reads: only a disk that is full or fails counts. */
  reportOfDisk(error: unknown): void {
    if (error instanceof FileSystemError && DISK_CODES.has(error.code)) this.report(error);
  }

  /** Ends the tries. */
  close(): void {
    this.#ended = true;
    this.#cancelTimer?.();
  }

  /** One line a minute, however often a disk fails that works in between. */
  #tell(): void {
    const { clock, log } = this.#options;
    if (this.#isTold || clock.monotonic() - this.#toldAt < STEADY_MS) return;
    this.#isTold = true;
    this.#toldAt = clock.monotonic();
    log.error('Samples are not taken until the data directory can be written again', { err: this.#reason });
  }

  #change(reason: string | null): void {
    this.#reason = reason;
    this.#options.onChange?.(reason);
  }

  #planProbe(): void {
    this.#cancelTimer = this.#options.clock.after(this.#delayMs, () => void this.#probe());
    this.#delayMs = Math.min(2 * this.#delayMs, PROBE_AFTER_MS_MAX);
  }

  async #probe(): Promise<void> {
    const { clock, fileSystem, log, probePath } = this.#options;
    try {
      await writeProbe(fileSystem, probePath, this.#probeBytes);
    } catch (error) {
      log.debug('The data directory can still not be written', { err: String(error) });
      if (this.#ended) return;
      this.#tell();
      this.#planProbe();
      return;
    }
    if (this.#ended) return;
    this.#openedAt = clock.monotonic();
    const seconds = (this.#openedAt - this.#closedAt) / 1000;
    if (this.#isTold) log.info('The data directory can be written again; samples are taken', { seconds });
    this.#isTold = false;
    this.#change(null);
  }
}

/** Bytes that no file system stores as a hole or packs to nothing. */
let probeBytes: Uint8Array | null = null;

async function writeProbe(fileSystem: FileSystem, path: string, size: number): Promise<void> {
  if (probeBytes === null) {
    const random = createRandom(1);
    probeBytes = Uint8Array.from({ length: PROBE_BYTES }, () => random.below(256));
  }
  const file = fileSystem.openSync(path, 'w');
  try {
    for (let at = 0; at < size; at += PROBE_BYTES) {
      const count = Math.min(PROBE_BYTES, size - at);
      const written = file.writeSync(probeBytes, 0, count, at);
      if (written < count) throw new FileSystemError('write', path, `only ${at + written} bytes fit`, 'ENOSPC');
    }
    await file.sync();
  } finally {
    file.closeSync();
    fileSystem.removeSync(path);
  }
}
