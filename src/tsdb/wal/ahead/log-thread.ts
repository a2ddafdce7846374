import type { FileSystem } from '../../../std/file-system.ts';
import { nodeFiles } from '../../../std/node-files.ts';
import { RingReader } from './entry-ring.ts';
import type { AheadEntry, LogAhead, LogFile, StartAhead } from './log-ahead.ts';
import { PieceHelper } from './piece-helper.ts';
import { type LogReading, type ReadingThread, takeThread } from './waiting-thread.ts';

/** The event loop is held for so long where nothing has come. */
const WAIT_MS = 1;

/** Less than this is read before a thread has started. */
export const AHEAD_BYTES_MIN = 4 * 1024 * 1024;

/** Makes threads that read the files of a log ahead, where there is enough to read. */
export function logThreads(chunkRangeMs: number): StartAhead {
  return (files) => {
    const sized = withSizes(nodeFiles, files);
    const bytes = sized.reduce((sum, { from, size }) => sum + size - from, 0);
    if (bytes < AHEAD_BYTES_MIN) return null;
    try {
      return new LogThread({ files: sized, chunkRangeMs });
    } catch (error) {
      // The host has no such memory.
      if (error instanceof RangeError) return null;
      throw error;
    }
  };
}

/** The files with what they have now. */
export function withSizes(fileSystem: FileSystem, files: readonly LogFile[]): Required<LogFile>[] {
  return files.map(({ from, path }) => ({ path, from, size: fileSystem.statSync(path)?.size ?? 0 }));
}

/** Reads a log ahead in a thread of its own, from the disk of this host. */
export class LogThread implements LogAhead {
  readonly #reader: RingReader;
  readonly #thread: ReadingThread;
  readonly #helper: PieceHelper;

  constructor(reading: LogReading) {
    this.#thread = takeThread(reading);
    this.#reader = new RingReader(this.#thread.ring);
    this.#helper = new PieceHelper(nodeFiles, this.#thread.memory, this.#thread.board, reading.files);
  }

  get isLost(): boolean {
    return this.#thread.isGone && !this.#reader.isFinished;
  }

  next(): AheadEntry | null {
    // A millisecond in which nothing has come is one for the other thread's work.
    return this.#reader.next(0) ?? this.#reader.next(this.#helper.help() ? 0 : WAIT_MS);
  }

  close(): void {
    this.#helper.close();
    void this.#thread.worker.terminate();
  }
}
