import type { Clock } from '../../std/clock.ts';
import type { Log } from '../../telemetry/log.ts';
import type { HeadChunkDirectory, HeadChunkReader } from '../chunks-head/head-chunk-reader.ts';
import { type HeadChunkFile, HeadChunkWriter } from '../chunks-head/head-chunk-writer.ts';
import { openHeadChunks } from '../chunks-head/open-head-chunks.ts';
import type { DamagedFile } from '../damaged-file.ts';
import { LateChunkWriting } from '../out-of-order/late-chunk-writing.ts';
import { RestoredLateChunks } from '../out-of-order/restored-late-chunks.ts';
import type { LateLog } from '../wal/head-log.ts';
import { ChunkWriting } from './chunk-writing.ts';
import type { HeadMemory } from './head-memory.ts';
import { RestoredChunks } from './restored-chunks.ts';

/** What the start found in `chunks_head/`. */
export interface FoundChunks {
  readonly files: readonly HeadChunkFile[];
  /** Chunks in order, until the log names their series. */
  readonly restored: RestoredChunks;
  readonly late: RestoredLateChunks;
  /** The first damage, behind which chunks in order were left out; null where there is none. */
  readonly damage: DamagedFile | null;
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
  #writer: HeadChunkWriter | null = null;
  #writing: ChunkWriting | null = null;
  #lateWriting: LateChunkWriting | null = null;
  /** What `removeBefore` was called with last. */
  #removedBefore = Number.NEGATIVE_INFINITY;
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
    const late = new RestoredLateChunks(this.#memory);
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
      visitLate: (chunk) => late.add(chunk),
    });
    this.#damages = opened.damage === null ? 0 : 1;
    return { ...opened, restored, late };
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
    this.#lateWriting = new LateChunkWriting({ memory, writer, clock, log });
  }

  /** Where it is said which chunks out of order are in files. */
  logLateTo(lateLog: LateLog): void {
    this.#lateWriting?.logTo(lateLog);
  }

  /** From here on what is sealed is written within a second or so, where the directory is ours. */
  start(): void {
    this.#writing?.start();
    this.#lateWriting?.start();
  }

  /** Calls back with what chunks could not be written for; they stay in memory and are tried again. */
  onFailedWrite(observe: (error: unknown) => void): void {
    this.#writing?.onFailure(observe);
    this.#lateWriting?.onFailure(observe);
  }

  /** As `LateChunkWriting.hold`. */
  async holdLate(): Promise<() => void> {
    return (await this.#lateWriting?.hold()) ?? (() => {});
  }

  /** Nothing leads to the chunks out of order that are in files now; none is being written. */
  retireLate(): void {
    this.#writer?.retireLate();
    this.#writer?.removeBefore(this.#removedBefore, Number.POSITIVE_INFINITY);
  }

  /** True while files may give late samples back that are in blocks. */
  get hasRetiredLate(): boolean {
    return this.#writer?.hasRetiredLate ?? false;
  }

  /** Makes the files durable and tells which there are. Rejects with a `FileSystemError`. */
  async sync(): Promise<readonly HeadChunkFile[]> {
    await this.#writer?.sync();
    return this.#writer?.files ?? [];
  }

  /** Resolves when the sealed chunks that wait now were written, or could not be. */
  async flush(): Promise<void> {
    await Promise.all([this.#writing?.flush(), this.#lateWriting?.flush()]);
  }

  /**
   * Gives the files up whose chunks in order all end before `time` and that are older than `outOfOrderFrom`, the number
   * of the first file with a chunk out of order that is still wanted (Infinity: none is). The head has let go of all
   * chunks that end before `time`.
   */
  removeBefore(time: number, outOfOrderFrom: number): void {
    this.#removedBefore = time;
    this.#writer?.removeBefore(time, outOfOrderFrom);
  }

  stats(): ChunkStoreStats {
    return {
      bytes: this.#writer?.bytes ?? 0,
      files: this.#writer?.fileCount ?? 0,
      chunksWritten: (this.#writing?.chunksWritten ?? 0) + (this.#lateWriting?.chunksWritten ?? 0),
      failedWrites: (this.#writing?.failedWrites ?? 0) + (this.#lateWriting?.failedWrites ?? 0),
      damages: this.#damages,
    };
  }

  /** Writes what waits and closes all files. */
  async close(): Promise<void> {
    await this.#lateWriting?.close();
    await this.#writing?.close();
    this.reader.closeSync();
  }
}
