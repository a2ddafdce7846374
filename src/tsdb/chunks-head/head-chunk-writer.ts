import { makeDurableDirectorySync } from '../../std/durable-directory.ts';
import { type FileHandle, type FileSystem, FileSystemError } from '../../std/file-system.ts';
import type { Log } from '../../telemetry/log.ts';
import type { HeadChunkBatch } from './head-chunk-batch.ts';
import {
  FILE_HEADER_BYTES,
  HEAD_CHUNKS_FILE_BYTES_MAX,
  headChunksFileName,
  writeHeadChunksHeader,
} from './head-chunk-format.ts';
import type { HeadChunkSlots } from './head-chunk-slots.ts';

export interface HeadChunkWriterOptions {
  readonly fileSystem: FileSystem;
  /** `chunks_head/`; made when the first chunk is written. */
  readonly directory: string;
  readonly slots: HeadChunkSlots;
  readonly log: Log;
  /** Files that were there at the start, in the order of their numbers. */
  readonly files: readonly HeadChunkFile[];
  /** Gives a file up: `release` must be called with its slot when nobody reads it any more. */
  readonly retire: (slot: number) => void;
  /** Bytes; default 128 MiB. A batch that would go beyond begins a new file. */
  readonly fileBytesMax?: number;
}

/** What is known of a file of `chunks_head/`. */
export interface HeadChunkFile {
  readonly number: number;
  readonly slot: number;
  readonly bytes: number;
  /** The newest last time of its chunks that are in order, ms; -Infinity where it has none. */
  readonly lastTime: number;
  /** How many of its chunks are out of order. */
  readonly outOfOrder: number;
}

/** Where a batch was written. */
export interface HeadChunkPlace {
  readonly slot: number;
  readonly fileNumber: number;
  /** Where its first entry begins. */
  readonly offset: number;
}

type Known = { -readonly [Key in keyof HeadChunkFile]: HeadChunkFile[Key] };

/**
 * Writes batches of chunks to the newest file of `chunks_head/`, each with one write beside the event loop, and takes
 * files away whose chunks are all older than wanted.
 *
 * Files have rising numbers without a gap, which is what the reference insists on: so a file is on the disk, name and
 * all, before the next one begins, and files leave from the oldest on. A new start begins a new file.
 *
 * Nothing has to be synced before its chunk leaves memory: the log has the samples until the head is truncated.
 */
export class HeadChunkWriter {
  readonly #options: HeadChunkWriterOptions;
  /** Oldest first. The last one is being written while `#file` is there. */
  readonly #known: Known[];
  #file: FileHandle | null = null;
  #lastNumber: number;
  /** The newest file has bytes of a write that failed. */
  #isDirty = false;
  #mustBegin = false;
  /** Settled when the last write that was asked for is. */
  #written: Promise<unknown> = Promise.resolve();
  #waiting = 0;
  /** Files given up, oldest first, and the slots among them that nobody reads any more. */
  readonly #leaving: Known[] = [];
  readonly #released = new Set<number>();
  #isRemoving = false;

  constructor(options: HeadChunkWriterOptions) {
    this.#options = options;
    this.#known = options.files.map((file) => ({ ...file }));
    this.#lastNumber = this.#known.at(-1)?.number ?? 0;
  }

  /** Bytes of all files. */
  get bytes(): number {
    return this.#known.reduce((sum, file) => sum + file.bytes, 0);
  }

  get fileCount(): number {
    return this.#known.length;
  }

  /** The number of the newest file, 0 where there has been none. */
  get lastFileNumber(): number {
    return this.#lastNumber;
  }

  /**
   * Writes a batch, which must stay as it is until the promise is settled, behind those that were asked for before.
   * Rejects with a `FileSystemError`, and what was written of it will not be read; the next call tries the same place.
   */
  write(batch: HeadChunkBatch): Promise<HeadChunkPlace> {
    this.#waiting++;
    const written = this.#written.then(() => this.#write(batch)).finally(() => this.#waiting--);
    this.#written = written.catch(() => {});
    return written;
  }

  /**
   * Gives the oldest files up as far as all of their chunks in order end before `time` and they have no chunks out of
   * order or are older than the file `outOfOrderFrom`. Nothing may lead to their chunks any more, but readers may still
   * know them: a file is removed when those are gone.
   */
  removeBefore(time: number, outOfOrderFrom: number): void {
    while (this.#known.length > 0) {
      const file = this.#known[0]!;
      if (file.lastTime >= time || (file.outOfOrder > 0 && file.number >= outOfOrderFrom)) break;
      // The newest one leaves once there is another.
      if (this.#known.length === 1 && (this.#file !== null || this.#waiting > 0)) break;
      this.#known.shift();
      this.#leaving.push(file);
      this.#options.retire(file.slot);
    }
    // What comes from now on is in a file of its own, so that the newest one leaves next time, and not after 128 MiB.
    if (this.#file !== null && this.#known.at(-1)!.bytes > 0) this.#mustBegin = true;
  }

  /** Hears that nobody reads the file in a slot that was retired, and removes it after those before it. */
  release(slot: number): void {
    this.#released.add(slot);
    if (!this.#isRemoving) void this.#remove();
  }

  /** Makes what was written before the call durable. Rejects with a `FileSystemError`. */
  sync(): Promise<void> {
    const synced = this.#written.then(async () => {
      await this.#file?.sync();
      if (this.#lastNumber > 0) await this.#options.fileSystem.syncDirectory(this.#options.directory);
    });
    this.#written = synced.catch(() => {});
    return synced;
  }

  /** The files that there are, oldest first. */
  get files(): readonly HeadChunkFile[] {
    return this.#known.map((file) => ({ ...file }));
  }

  /** Waits for the last write, then syncs and closes the newest file. Rejects where that fails, closed all the same. */
  async close(): Promise<void> {
    await this.#written;
    const file = this.#file;
    if (file === null) return;
    this.#file = null;
    const { bytes, number } = this.#known.at(-1)!;
    try {
      if (this.#isDirty) file.truncateSync(bytes);
      if (bytes > 0) await file.sync();
    } finally {
      file.closeSync();
      if (bytes === 0) this.#options.fileSystem.removeSync(this.#path(number));
    }
  }

  async #write(batch: HeadChunkBatch): Promise<HeadChunkPlace> {
    if (this.#file !== null && this.#mustEnd(batch.size)) await this.#end();
    if (this.#file === null) this.#begin();
    const file = this.#file!;
    const known = this.#known.at(-1)!;
    if (this.#isDirty) file.truncateSync(known.bytes);
    const offset = Math.max(known.bytes, FILE_HEADER_BYTES);
    await this.#writeWhole(file, batch, known.bytes);
    known.bytes = offset + batch.size;
    known.lastTime = Math.max(known.lastTime, batch.lastTime);
    known.outOfOrder += batch.outOfOrder;
    return { slot: known.slot, fileNumber: known.number, offset };
  }

  /** Removes what may be, oldest first, so that the numbers never have a gap. */
  async #remove(): Promise<void> {
    const { fileSystem, log, slots } = this.#options;
    this.#isRemoving = true;
    try {
      while (this.#leaving.length > 0 && this.#released.has(this.#leaving[0]!.slot)) {
        const { number, slot } = this.#leaving[0]!;
        await fileSystem.remove(this.#path(number));
        this.#leaving.shift();
        this.#released.delete(slot);
        slots.release(slot);
      }
    } catch (error) {
      // It is tried again when the next one may be removed.
      log.warn('Cannot remove chunks of the head', { error: String(error) });
    } finally {
      this.#isRemoving = false;
    }
  }

  #mustEnd(more: number): boolean {
    const { bytes } = this.#known.at(-1)!;
    if (bytes === 0) return false;
    return this.#mustBegin || bytes + more > (this.#options.fileBytesMax ?? HEAD_CHUNKS_FILE_BYTES_MAX);
  }

  /** Makes the newest file durable: without it, the numbers of those that follow would have a gap. */
  async #end(): Promise<void> {
    const file = this.#file!;
    if (this.#isDirty) file.truncateSync(this.#known.at(-1)!.bytes);
    this.#isDirty = false;
    await file.sync();
    await this.#options.fileSystem.syncDirectory(this.#options.directory);
    file.closeSync();
    this.#file = null;
  }

  #begin(): void {
    const { directory, fileSystem, slots } = this.#options;
    const number = this.#lastNumber + 1;
    const path = this.#path(number);
    if (this.#lastNumber === 0) makeDurableDirectorySync(fileSystem, directory);
    const slot = slots.take(number);
    if (slot === 0) throw new FileSystemError('begin', path, 'there are too many files in chunks_head', 'EMFILE');
    try {
      this.#file = fileSystem.openSync(path, 'wx');
    } catch (error) {
      slots.release(slot);
      throw error;
    }
    this.#lastNumber = number;
    this.#mustBegin = false;
    this.#isDirty = false;
    this.#known.push({ number, slot, bytes: 0, lastTime: Number.NEGATIVE_INFINITY, outOfOrder: 0 });
  }

  /** Writes the entries at `at`, with the header of the file before them where that is its start. */
  async #writeWhole(file: FileHandle, batch: HeadChunkBatch, at: number): Promise<void> {
    let { bytes } = batch;
    if (at === 0) {
      bytes = new Uint8Array(FILE_HEADER_BYTES + batch.size);
      writeHeadChunksHeader(bytes, 0);
      bytes.set(batch.bytes, FILE_HEADER_BYTES);
    }
    this.#isDirty = true;
    const written = await file.write(bytes, 0, bytes.length, at);
    if (written < bytes.length) {
      const cause = `only ${written} of ${bytes.length} bytes were written`;
      throw new FileSystemError('write', file.path, cause, 'ENOSPC');
    }
    this.#isDirty = false;
  }

  #path(number: number): string {
    return `${this.#options.directory}/${headChunksFileName(number)}`;
  }
}
