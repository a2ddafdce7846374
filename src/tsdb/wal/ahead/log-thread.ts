import type { Worker } from 'node:worker_threads';
import { nodeFiles } from '../../../std/node-files.ts';
import type { LogDecodingOptions } from './decode-log.ts';
import { createRing, RingReader } from './entry-ring.ts';
import type { AheadEntry, LogAhead, StartAhead } from './log-ahead.ts';
import type { LogWork } from './log-worker.ts';
import { takeThread } from './waiting-thread.ts';

/** The event loop is held for so long where nothing has come. */
const WAIT_MS = 1;

/** Less than this is read before a thread has started. */
const BYTES_MIN = 4 * 1024 * 1024;
/** As the replay's own limit. */
const RECORD_BYTES_MAX = 512 * 1024 * 1024;

/** Makes threads that read the files of a log ahead, where there is enough to read. */
export function logThreads(chunkRangeMs: number): StartAhead {
  return (files) => {
    const sizes = files.map(({ path, from }) => (nodeFiles.statSync(path)?.size ?? 0) - from);
    const bytes = sizes.reduce((sum, size) => sum + size, 0);
    return bytes < BYTES_MIN ? null : new LogThread({ files, recordBytesMax: RECORD_BYTES_MAX, chunkRangeMs });
  };
}

/** Reads a log ahead in a thread of its own, from the disk of this host. */
export class LogThread implements LogAhead {
  readonly #reader: RingReader;
  readonly #worker: Worker;
  #isGone = false;

  constructor({ chunkRangeMs, files, recordBytesMax }: LogDecodingOptions) {
    const ring = createRing();
    this.#reader = new RingReader(ring);
    const plain = files.map(({ path, from }) => ({ path, from }));
    const work: LogWork = { files: plain, recordBytesMax, chunkRangeMs, ring };
    this.#worker = takeThread();
    this.#worker.on('exit', () => {
      this.#isGone = true;
    });
    this.#worker.postMessage(work);
  }

  get isLost(): boolean {
    return this.#isGone && !this.#reader.isFinished;
  }

  next(): AheadEntry | null {
    return this.#reader.next(WAIT_MS);
  }

  close(): void {
    void this.#worker.terminate();
  }
}
