import { assert } from '../../std/assert.ts';
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
  /** 0 where its chunks are gone and only its number still counts. */
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

/** A file that is being written. */
interface Growing {
  readonly known: Known;
  readonly file: FileHandle;
  /** It has bytes of a write that failed. */
  isDirty: boolean;
}

/** Chunks in order, and those out of order, have files of their own: both leave at other times. */
type Kind = 'inOrder' | 'late';

/**
 * Writes batches of chunks to files of `chunks_head/`, each with one write beside the event loop, and takes files away
 * whose chunks are not wanted any more.
 *
 * Files have rising numbers without a gap, which is what the reference insists on, and none but the newest may be without
 * its header: so all files are on the disk, names and all, before the next one begins. Files leave from the oldest on; one
 * of chunks out of order that is not the oldest is emptied down to its header instead. A new start begins new files.
 *
 * Nothing has to be synced before its chunk leaves memory: the logs have the samples until the head is truncated, or the
 * late samples are in blocks.
 */
export class HeadChunkWriter {
  readonly #options: HeadChunkWriterOptions;
  /** Oldest first. */
  readonly #known: Known[];
  readonly #growing: Record<Kind, Growing | null> = { inOrder: null, late: null };
  /** The next batch of the kind begins a file. */
  readonly #mustBegin: Record<Kind, boolean> = { inOrder: false, late: false };
  #lastNumber: number;
  /** Settled when the last write that was asked for is. */
  #written: Promise<unknown> = Promise.resolve();
  #waiting = 0;
  /** Files given up, oldest first, and the slots that nobody reads any more. */
  readonly #leaving: Known[] = [];
  readonly #released = new Set<number>();
  /** Files of chunks out of order that were given up and still have them. */
  readonly #emptying = new Set<Known>();
  /** The same of another server, which have chunks in order as well: they stay as they are. */
  readonly #mixed = new Set<Known>();
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

  /** True while a start would find chunks out of order that were given up. */
  get hasRetiredLate(): boolean {
    return this.#emptying.size > 0 || [...this.#known, ...this.#leaving].some((file) => this.#mixed.has(file));
  }

  /**
   * Writes a batch, which must stay as it is until the promise is settled, behind those that were asked for before. Its
   * chunks are all in order or all out of order.
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
      if (this.#isGrowing(file) || (this.#known.length === 1 && this.#waiting > 0)) break;
      this.#known.shift();
      this.#leaving.push(file);
      // One without a slot has no reader, one that is being emptied was given up before.
      if (file.slot !== 0 && !this.#emptying.delete(file)) this.#options.retire(file.slot);
    }
    if (this.#leaving.length > 0 && !this.#isRemoving) void this.#remove();
    // What comes from now on is in a file of its own, so that the newest one leaves next time, and not after 128 MiB.
    if ((this.#growing.inOrder?.known.bytes ?? 0) > 0) this.#mustBegin.inOrder = true;
  }

  /**
   * Gives all chunks out of order up. Nothing may lead to them any more, and none is being written; readers may still know
   * them: their files are emptied when those are gone.
   */
  retireLate(): void {
    const growing = this.#growing.late;
    if (growing !== null && growing.known.bytes > 0) {
      growing.file.closeSync();
      this.#growing.late = null;
    }
    for (const file of this.#known) {
      if (file.outOfOrder === 0) continue;
      file.outOfOrder = 0;
      if (file.lastTime !== Number.NEGATIVE_INFINITY) {
        this.#mixed.add(file);
        continue;
      }
      this.#emptying.add(file);
      this.#options.retire(file.slot);
    }
  }

  /** Hears that nobody reads the file in a slot that was retired: removes it after those before it, or empties it. */
  release(slot: number): void {
    this.#released.add(slot);
    if (!this.#isRemoving) void this.#remove();
  }

  /** Makes what was written before the call durable. Rejects with a `FileSystemError`. */
  sync(): Promise<void> {
    const synced = this.#written.then(() => this.#syncAll());
    this.#written = synced.catch(() => {});
    return synced;
  }

  /** The files that there are, oldest first. */
  get files(): readonly HeadChunkFile[] {
    return this.#known.map((file) => ({ ...file }));
  }

  /** Waits for the last write, then syncs and closes the files. Rejects where that fails, closed all the same. */
  async close(): Promise<void> {
    await this.#written;
    const failed: unknown[] = [];
    for (const kind of KINDS) {
      const growing = this.#growing[kind];
      if (growing === null) continue;
      this.#growing[kind] = null;
      const { file, known } = growing;
      try {
        if (growing.isDirty) file.truncateSync(known.bytes);
        if (known.bytes > 0) await file.sync();
      } catch (error) {
        failed.push(error);
      } finally {
        file.closeSync();
        if (known.bytes === 0) this.#options.fileSystem.removeSync(this.#path(known.number));
      }
    }
    if (failed.length > 0) throw failed[0];
  }

  async #write(batch: HeadChunkBatch): Promise<HeadChunkPlace> {
    assert(batch.outOfOrder === 0 || batch.outOfOrder === batch.count, 'a batch of chunks in order and out of order');
    const kind = batch.outOfOrder > 0 ? 'late' : 'inOrder';
    if (this.#growing[kind] !== null && this.#mustEnd(kind, batch.size)) await this.#end(kind);
    if (this.#growing[kind] === null) await this.#begin(kind);
    const growing = this.#growing[kind]!;
    const { file, known } = growing;
    if (growing.isDirty) file.truncateSync(known.bytes);
    const offset = Math.max(known.bytes, FILE_HEADER_BYTES);
    await writeWhole(growing, batch);
    known.bytes = offset + batch.size;
    known.lastTime = Math.max(known.lastTime, batch.lastTime);
    known.outOfOrder += batch.outOfOrder;
    return { slot: known.slot, fileNumber: known.number, offset };
  }

  /** Removes and empties what may be; files go oldest first, so that the numbers never have a gap. */
  async #remove(): Promise<void> {
    const { fileSystem, log } = this.#options;
    this.#isRemoving = true;
    try {
      for (;;) {
        const oldest = this.#leaving[0];
        const emptied = [...this.#emptying].find(({ slot }) => this.#released.has(slot));
        if (oldest !== undefined && (oldest.slot === 0 || this.#released.has(oldest.slot))) {
          await fileSystem.remove(this.#path(oldest.number));
          this.#leaving.shift();
          this.#freeSlot(oldest);
        } else if (emptied !== undefined) {
          await this.#empty(emptied);
          // It may have been given up as a whole meanwhile.
          if (this.#emptying.delete(emptied)) {
            emptied.bytes = FILE_HEADER_BYTES;
            this.#freeSlot(emptied);
          }
        } else return;
      }
    } catch (error) {
      // It is tried again when the next one may be removed.
      log.warn('Cannot remove chunks of the head', { err: String(error) });
    } finally {
      this.#isRemoving = false;
    }
  }

  #freeSlot(file: Known): void {
    if (file.slot === 0) return;
    this.#released.delete(file.slot);
    this.#options.slots.release(file.slot);
    file.slot = 0;
  }

  async #empty({ number }: Known): Promise<void> {
    const file = this.#options.fileSystem.openSync(this.#path(number), 'r+');
    try {
      file.truncateSync(FILE_HEADER_BYTES);
      await file.sync();
    } finally {
      file.closeSync();
    }
  }

  #isGrowing(file: Known): boolean {
    return KINDS.some((kind) => this.#growing[kind]?.known === file);
  }

  #mustEnd(kind: Kind, more: number): boolean {
    const { bytes } = this.#growing[kind]!.known;
    if (bytes === 0) return false;
    return this.#mustBegin[kind] || bytes + more > (this.#options.fileBytesMax ?? HEAD_CHUNKS_FILE_BYTES_MAX);
  }

  async #end(kind: Kind): Promise<void> {
    await this.#syncAll();
    this.#growing[kind]!.file.closeSync();
    this.#growing[kind] = null;
  }

  async #syncAll(): Promise<void> {
    for (const kind of KINDS) {
      const growing = this.#growing[kind];
      if (growing === null) continue;
      if (growing.isDirty) growing.file.truncateSync(growing.known.bytes);
      growing.isDirty = false;
      await growing.file.sync();
    }
    if (this.#lastNumber > 0) await this.#options.fileSystem.syncDirectory(this.#options.directory);
  }

  async #begin(kind: Kind): Promise<void> {
    const { directory, fileSystem, slots } = this.#options;
    const other = kind === 'late' ? 'inOrder' : 'late';
    const unused = this.#growing[other];
    if (unused !== null && unused.known.bytes === 0) {
      // Its first write failed: it must not stay behind without a header.
      this.#growing[kind] = unused;
      this.#growing[other] = null;
      this.#mustBegin[kind] = false;
      return;
    }
    if (unused !== null) await this.#syncAll();
    const number = this.#lastNumber + 1;
    const path = this.#path(number);
    if (this.#lastNumber === 0) makeDurableDirectorySync(fileSystem, directory);
    const slot = slots.take(number);
    if (slot === 0) throw new FileSystemError('begin', path, 'there are too many files in chunks_head', 'EMFILE');
    let file: FileHandle;
    try {
      file = fileSystem.openSync(path, 'wx');
    } catch (error) {
      slots.release(slot);
      throw error;
    }
    this.#lastNumber = number;
    this.#mustBegin[kind] = false;
    const known = { number, slot, bytes: 0, lastTime: Number.NEGATIVE_INFINITY, outOfOrder: 0 };
    this.#known.push(known);
    this.#growing[kind] = { known, file, isDirty: false };
  }

  #path(number: number): string {
    return `${this.#options.directory}/${headChunksFileName(number)}`;
  }
}

const KINDS = ['inOrder', 'late'] as const;

/** Writes the entries to the end of the file, with its header before them where that is its start. */
async function writeWhole(growing: Growing, batch: HeadChunkBatch): Promise<void> {
  const { file, known } = growing;
  let { bytes } = batch;
  if (known.bytes === 0) {
    bytes = new Uint8Array(FILE_HEADER_BYTES + batch.size);
    writeHeadChunksHeader(bytes, 0);
    bytes.set(batch.bytes, FILE_HEADER_BYTES);
  }
  growing.isDirty = true;
  const written = await file.write(bytes, 0, bytes.length, known.bytes);
  if (written < bytes.length) {
    const cause = `only ${written} of ${bytes.length} bytes were written`;
    throw new FileSystemError('write', file.path, cause, 'ENOSPC');
  }
  growing.isDirty = false;
}
