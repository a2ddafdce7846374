import type { Clock } from '../../std/clock.ts';
import type { Log } from '../../telemetry/log.ts';
import { BATCH_BYTES, BATCH_CHUNKS_MAX, BatchWriting } from '../chunks-head/batch-writing.ts';
import { HeadChunkBatch } from '../chunks-head/head-chunk-batch.ts';
import type { HeadChunkPlace, HeadChunkWriter } from '../chunks-head/head-chunk-writer.ts';
import type { HeadMemory } from './head-memory.ts';

export interface ChunkWritingOptions {
  readonly memory: HeadMemory;
  readonly writer: HeadChunkWriter;
  readonly clock: Clock;
  readonly log: Log;
}

/**
 * Moves sealed chunks from memory to `chunks_head/`: copies those that wait to a batch, has it written beside the event
 * loop, then lets their records name the file. What is in memory stays as long as there is room for it among the chunks
 * that came last (`ResidentChunks`). Nothing waits for it; what can not be written stays and is tried again.
 */
export class ChunkWriting {
  readonly #options: ChunkWritingOptions;
  readonly #batch = new HeadChunkBatch(BATCH_BYTES + 64 * 1024);
  /** Which waiting chunk each entry of the batch is. */
  readonly #indexes: number[] = [];
  readonly #writing: BatchWriting;
  #written = 0;

  constructor(options: ChunkWritingOptions) {
    this.#options = options;
    const { clock, log, memory } = options;
    memory.unwritten.keep();
    this.#writing = new BatchWriting({
      epochs: memory.epochs,
      clock,
      log,
      failedText: 'Cannot write chunks of the head, they stay in memory',
      waits: () => memory.unwritten.count > 0,
      writeBatch: () => this.#writeBatch(),
    });
  }

  /** Chunks written since the start, and batches that could not be. */
  get chunksWritten(): number {
    return this.#written;
  }

  get failedWrites(): number {
    return this.#writing.failures;
  }

  /** Calls back with what a batch could not be written for. */
  onFailure(observe: (error: unknown) => void): void {
    this.#writing.onFailure(observe);
  }

  /** From here on what is sealed is written within a second or so. */
  start(): void {
    this.#writing.start();
  }

  /** Resolves when what waited was written, or could not be. */
  flush(): Promise<void> {
    return this.#writing.flush();
  }

  /** Writes what waits and ends. */
  async close(): Promise<void> {
    await this.#writing.close();
    try {
      await this.#options.writer.close();
    } catch (error) {
      this.#options.log.warn('Cannot close the chunks of the head', { err: String(error) });
    }
  }

  async #writeBatch(): Promise<void> {
    const { memory, writer } = this.#options;
    const taken = this.#fill();
    if (this.#batch.count > 0) this.#relocate(await writer.write(this.#batch));
    memory.unwritten.drop(taken);
  }

  /** Copies chunks that wait to the batch; returns how many were looked at. */
  #fill(): number {
    const { memory } = this.#options;
    const { sealed, unwritten } = memory;
    const places = memory.chainPlaces();
    const batch = this.#batch;
    batch.clear();
    this.#indexes.length = 0;
    let index = 0;
    for (; index < unwritten.count && batch.size < BATCH_BYTES && batch.count < BATCH_CHUNKS_MAX; index++) {
      const chunk = unwritten.chunk(index);
      const row = unwritten.row(index);
      if (!memory.hasSealed(places, row, unwritten.ref(index), chunk, unwritten.firstTime(index))) continue;
      const { bytes, encoding, firstTime, lastTime } = sealed.get(chunk, null);
      const header = { series: unwritten.ref(index), firstTime, lastTime, encoding, isOutOfOrder: false };
      batch.add(header, bytes, 0, bytes.length);
      this.#indexes.push(index);
    }
    return index;
  }

  #relocate({ offset, slot }: HeadChunkPlace): void {
    const { memory } = this.#options;
    const { unwritten } = memory;
    const places = memory.chainPlaces();
    for (let i = 0; i < this.#indexes.length; i++) {
      const index = this.#indexes[i]!;
      const row = unwritten.row(index);
      const chunk = unwritten.chunk(index);
      // It may have gone while it was being written.
      if (!memory.hasSealed(places, row, unwritten.ref(index), chunk, unwritten.firstTime(index))) continue;
      if (memory.moveSealedToFile(places, row, chunk, slot, offset + this.#batch.offset(i))) this.#written++;
    }
  }
}
