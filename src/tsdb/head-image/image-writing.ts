import type { Clock } from '../../std/clock.ts';
import type { FileSystem } from '../../std/file-system.ts';
import type { Turns } from '../../std/turns.ts';
import type { Log } from '../../telemetry/log.ts';
import type { DataDirectory } from '../data-directory.ts';
import type { Head } from '../head/head.ts';
import type { WalWriter } from '../wal/writer.ts';
import { lastLogPlace } from './log-place.ts';
import { writeHeadImage } from './write-head-image.ts';

/** How often it is looked whether an image is due. */
const LOOK_MS = 60 * 1000;
/** An image is due when reading the log from the last one would take about a second, */
const LOG_BYTES_DUE = 32 * 1024 * 1024;
/** and the log has grown by a share of the image's size, so that the disk takes three times what the log is at most; */
const LOG_SHARE_DUE = 1 / 2;
/** but not more often than this: of a million series it takes some two seconds of the main thread, in small pieces. */
const INTERVAL_MS = 5 * 60 * 1000;
/** What must be free on the disk beside the image: that of the log comes first. */
const SPARE_BYTES = 64 * 1024 * 1024;
/** About what an image takes for each series, where the last one does not tell: record, labels, chunk and lists. */
const SERIES_BYTES = 512;
/** A stop writes one where the log has more than this since the last, or would not give all exemplars back. */
const STOP_BYTES = 1024 * 1024;

export interface ImageWritingOptions {
  readonly fileSystem: FileSystem;
  readonly directory: DataDirectory;
  readonly head: Head;
  readonly wal: Pick<WalWriter, 'segment' | 'offset' | 'counters'>;
  readonly clock: Clock;
  readonly turns: Turns;
  readonly log: Log;
  /** Bytes of the log that the start had to read. */
  readonly replayedBytes: number;
}

/**
 * Decides when images of the head are written: from time to time, so that a start after a kill has little of the log to
 * read, and at a stop. What fails is logged and tried again; an image is never needed.
 */
export class ImageWriting {
  readonly #options: ImageWritingOptions;
  /** Bytes of the log, counted as `wal.counters` does, that the last image has; below 0 what the start read. */
  #bytesImaged: number;
  /** What the head began with at the last image: when it moves on, so does the log, and the image is of no use. */
  #beginOfImaged = Number.NEGATIVE_INFINITY;
  #lastAt: number;
  /** Of the last image that was written. */
  #imageBytes = 0;
  #cancel: (() => void) | null = null;
  #running: Promise<boolean> | null = null;
  #isClosing = false;

  constructor(options: ImageWritingOptions) {
    this.#options = options;
    this.#bytesImaged = -options.replayedBytes;
    this.#lastAt = options.clock.monotonic();
    this.#beginOfImaged = options.head.minValidTime;
  }

  start(): void {
    this.#cancel = this.#options.clock.after(LOOK_MS, () => {
      const written = this.#isDue() ? this.write() : Promise.resolve(false);
      void written.finally(() => {
        if (this.#cancel !== null) this.start();
      });
    });
  }

  /** Writes an image now; true where there is one. Does not reject. */
  write(): Promise<boolean> {
    this.#running ??= this.#write().finally(() => {
      this.#running = null;
    });
    return this.#running;
  }

  /** Gives a running one up and writes the last one, where that saves the next start much. Nothing is appended any more. */
  async close(): Promise<void> {
    this.#cancel?.();
    this.#cancel = null;
    this.#isClosing = true;
    await this.#running;
    if (this.#unimagedBytes < STOP_BYTES && !this.#hasExemplarsToLose) return;
    this.#isClosing = false;
    await this.write();
  }

  /** The log gives back no exemplars from before the end of the newest block, and there is no image that does. */
  get #hasExemplarsToLose(): boolean {
    const { exemplars, minValidTime } = this.#options.head;
    const isBehind = this.#unimagedBytes > 0 || this.#beginOfImaged !== minValidTime;
    return isBehind && exemplars.hasBefore(minValidTime);
  }

  get #unimagedBytes(): number {
    return this.#options.wal.counters.bytes - this.#bytesImaged;
  }

  #isDue(): boolean {
    const { clock, head } = this.#options;
    if (clock.monotonic() - this.#lastAt < INTERVAL_MS) return false;
    if (this.#unimagedBytes >= Math.max(LOG_BYTES_DUE, LOG_SHARE_DUE * this.#imageBytes)) return true;
    return head.minValidTime !== this.#beginOfImaged && this.#unimagedBytes > STOP_BYTES;
  }

  async #write(): Promise<boolean> {
    const { clock, directory, fileSystem, head, log, turns, wal } = this.#options;
    const needed = Math.max(this.#imageBytes, SERIES_BYTES * head.seriesCount) + SPARE_BYTES;
    const free = fileSystem.freeBytes(directory.root);
    if (free !== null && free < needed) {
      this.#lastAt = clock.monotonic();
      log.info('No image of the head is written: the disk has too little room', { free, needed });
      return false;
    }
    const started = clock.monotonic();
    const bytesBefore = wal.counters.bytes;
    const beginBefore = head.minValidTime;
    try {
      await head.chunkStore?.flush();
      // What the log has before that place is in the rows by now.
      head.transactions.end();
      const place = lastLogPlace(fileSystem, directory.wal, wal.segment, wal.offset);
      if (place === null) return false;
      const bytes = await writeHeadImage({
        fileSystem,
        root: directory.root,
        path: directory.headImage,
        head: head.imaged(),
        place,
        syncChunks: async () => (await head.chunkStore?.sync()) ?? [],
        pause: turns.pause,
        isObsolete: () => this.#isClosing,
      });
      this.#lastAt = clock.monotonic();
      if (bytes === null) return false;
      this.#imageBytes = bytes;
      this.#bytesImaged = bytesBefore;
      this.#beginOfImaged = beginBefore;
      log.info('image of the head written', { bytes, seconds: (clock.monotonic() - started) / 1000 });
      return true;
    } catch (error) {
      this.#lastAt = clock.monotonic();
      log.warn('Cannot write an image of the head; the next start reads more of the log', { err: String(error) });
      return false;
    }
  }
}
