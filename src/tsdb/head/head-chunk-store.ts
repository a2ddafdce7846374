import type { Clock } from '../../std/clock.ts';
import type { SampleColumn } from '../../storage/query.ts';
import type { Log } from '../../telemetry/log.ts';
import { DamagedFile } from '../block/damaged-file.ts';
import { ChunkDecoder } from '../block/decode-chunk.ts';
import type { HeadChunkBatch } from '../chunks-head/head-chunk-batch.ts';
import type { HeadChunkDirectory, HeadChunkReader } from '../chunks-head/head-chunk-reader.ts';
import { type HeadChunkFile, type HeadChunkPlace, HeadChunkWriter } from '../chunks-head/head-chunk-writer.ts';
import type { HeadChunk } from '../chunks-head/list-head-chunks.ts';
import { openHeadChunks } from '../chunks-head/open-head-chunks.ts';
import { ChunkWriting } from './chunk-writing.ts';
import type { HeadMemory } from './head-memory.ts';
import { RestoredChunks } from './restored-chunks.ts';

/** What the start found in `chunks_head/`. */
export interface FoundChunks {
  readonly files: readonly HeadChunkFile[];
  /** Chunks in order, until the log names their series. */
  readonly restored: RestoredChunks;
  readonly outOfOrder: readonly HeadChunk[];
  /** Something of the files that were known is not there any more. */
  readonly lostBytes: boolean;
}

/** What the server's own metrics tell of `chunks_head/`. */
export interface ChunkStoreStats {
  readonly bytes: number;
  readonly files: number;
  readonly chunksWritten: number;
  readonly failedWrites: number;
  /** Damaged places that the start met. */
  readonly damages: number;
}

/**
 * The head's side of `chunks_head/`: finds what is there at the start, writes sealed chunks, reads them back, and takes
 * old files away.
 *
 * Order of calls: `open` once, before the log is replayed; `write` where the directory is ours; `close`.
 */
export class HeadChunkStore {
  /** For the thread that this is in. */
  readonly reader: HeadChunkReader;
  readonly #memory: HeadMemory;
  readonly #place: HeadChunkDirectory;
  readonly #decoder = new ChunkDecoder();
  #writer: HeadChunkWriter | null = null;
  #writing: ChunkWriting | null = null;
  #damages = 0;

  constructor(memory: HeadMemory, place: HeadChunkDirectory) {
    this.#memory = memory;
    this.#place = place;
    this.reader = memory.files!;
  }

  /**
   * Reads which chunks there are, in steps. Those in order that end before `minValidTime` are in blocks and left out.
   * What a crash left at the end is cut off where `damagedDirectory` says where to copy it to. What `known` says of files
   * is not read again. Throws `FileSystemError`.
   */
  *open(
    minValidTime: number,
    damagedDirectory: string | null,
    log: Log,
    known: ReadonlyMap<number, HeadChunkFile> = new Map(),
  ): Generator<void, FoundChunks> {
    const restored = new RestoredChunks(this.#memory);
    const opened = yield* openHeadChunks({
      ...this.#place,
      slots: this.#memory.headChunkSlots,
      reader: this.reader,
      log,
      damagedDirectory,
      known,
      visit: (chunk) => {
        if (chunk.lastTime >= minValidTime) restored.add(chunk);
      },
    });
    this.#damages = opened.damage === null ? 0 : 1;
    return { ...opened, restored };
  }

  /** From here on sealed chunks wait to go to files. `files` are those that `open` found. */
  write(files: readonly HeadChunkFile[], clock: Clock, log: Log): void {
    const memory = this.#memory;
    const writer = new HeadChunkWriter({
      ...this.#place,
      slots: memory.headChunkSlots,
      log,
      files,
      retire: (slot) => memory.retireFile(slot),
    });
    memory.onFileRelease((slot) => writer.release(slot));
    this.#writer = writer;
    this.#writing = new ChunkWriting({ memory, writer, clock, log });
  }

  /** From here on what is sealed is written within a second or so, where the directory is ours. */
  start(): void {
    this.#writing?.start();
  }

  /** Calls back with what chunks could not be written for; they stay in memory and are tried again. */
  onFailedWrite(observe: (error: unknown) => void): void {
    this.#writing?.onFailure(observe);
  }

  /** Writes chunks of another owner (out of order), in turn with the head's own. As `HeadChunkWriter.write`. */
  writeBatch(batch: HeadChunkBatch): Promise<HeadChunkPlace> {
    if (this.#writer === null) throw new Error('Cannot write chunks of the head: the directory is not ours');
    return this.#writer.write(batch);
  }

  /** Makes the files durable and tells which there are. Rejects with a `FileSystemError`. */
  async sync(): Promise<readonly HeadChunkFile[]> {
    await this.#writer?.sync();
    return this.#writer?.files ?? [];
  }

  /** Resolves when the sealed chunks that wait now were written, or could not be. */
  async flush(): Promise<void> {
    await this.#writing?.flush();
  }

  /**
   * Gives the files up whose chunks in order all end before `time` and that are older than `outOfOrderFrom`, the number
   * of the first file with a chunk out of order that is still wanted (Infinity: none is). The head has let go of all
   * chunks that end before `time`.
   */
  removeBefore(time: number, outOfOrderFrom: number): void {
    this.#writer?.removeBefore(time, outOfOrderFrom);
  }

  /** Decodes a chunk behind the samples that `into` has. Throws `DamagedFile` and `FileSystemError`. */
  read({ encoding, length, offset, slot }: HeadChunk, into: SampleColumn): void {
    const reason = this.#decoder.decode(encoding, this.reader.chunk(slot, offset, length), into);
    if (reason !== null) throw new DamagedFile(this.reader.path(slot), offset, reason);
  }

  stats(): ChunkStoreStats {
    return {
      bytes: this.#writer?.bytes ?? 0,
      files: this.#writer?.fileCount ?? 0,
      chunksWritten: this.#writing?.chunksWritten ?? 0,
      failedWrites: this.#writing?.failedWrites ?? 0,
      damages: this.#damages,
    };
  }

  /** Writes what waits and closes all files. */
  async close(): Promise<void> {
    await this.#writing?.close();
    this.reader.closeSync();
  }
}
