import type { Epochs } from '../../memory/epochs.ts';
import type { Clock } from '../../std/clock.ts';
import type { Log } from '../../telemetry/log.ts';
import type { SealedChunks } from '../chunk/sealed-chunks.ts';
import { BATCH_BYTES, BATCH_CHUNKS_MAX, BatchWriting } from '../chunks-head/batch-writing.ts';
import { HeadChunkBatch } from '../chunks-head/head-chunk-batch.ts';
import type { HeadChunkPlace, HeadChunkWriter } from '../chunks-head/head-chunk-writer.ts';
import type { LateLog } from '../wal/head-log.ts';
import { mmapMarkersRecord } from '../wal/records.ts';
import type { OutOfOrderStore } from './out-of-order-store.ts';

/** The part of the head's memory that late chunks leave. */
interface LeftMemory {
  readonly epochs: Epochs;
  readonly outOfOrder: OutOfOrderStore;
  readonly sealed: SealedChunks;
  readonly series: { ref(row: number): number };
  readonly transactions: { endApplying(): void };
}

export interface LateChunkWritingOptions {
  readonly memory: LeftMemory;
  readonly writer: HeadChunkWriter;
  readonly clock: Clock;
  readonly log: Log;
}

/**
 * Moves sealed chunks of out-of-order samples from memory to files of `chunks_head/`, beside the event loop, and notes in
 * their log which chunks are there: so that memory stays bounded, and whoever reads the log again can let go of what the
 * chunks have.
 *
 * A marker says that all samples which the log has of the series up to there are in that chunk and in older ones. So it
 * is written only where that is true when the chunk is durable: nothing came since the chunk was sealed. Otherwise the
 * chunk gets none, and readers find its samples twice.
 */
export class LateChunkWriting {
  readonly #options: LateChunkWritingOptions;
  readonly #batch = new HeadChunkBatch(BATCH_BYTES + 64 * 1024);
  /** Which waiting chunk each entry of the batch is. */
  readonly #indexes = new Uint32Array(BATCH_CHUNKS_MAX);
  /** Chunks that were written: whose they are, their records, and where they are. */
  readonly #rows = new Uint32Array(BATCH_CHUNKS_MAX);
  readonly #refs = new Float64Array(BATCH_CHUNKS_MAX);
  readonly #chunks = new Uint32Array(BATCH_CHUNKS_MAX);
  readonly #offsets = new Uint32Array(BATCH_CHUNKS_MAX);
  #lateLog: LateLog | null = null;
  readonly #writing: BatchWriting;
  #written = 0;

  constructor(options: LateChunkWritingOptions) {
    this.#options = options;
    const { clock, log, memory } = options;
    const { unwritten } = memory.outOfOrder;
    unwritten.keep();
    this.#writing = new BatchWriting({
      epochs: memory.epochs,
      clock,
      log,
      failedText: 'Cannot write out-of-order chunks of the head, they stay in memory',
      waits: () => unwritten.count > 0,
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

  /** From here on markers go there. */
  logTo(lateLog: LateLog): void {
    this.#lateLog = lateLog;
  }

  /** Calls back with what a batch could not be written for. */
  onFailure(observe: (error: unknown) => void): void {
    this.#writing.onFailure(observe);
  }

  /** From here on what is sealed is written within a second or so. */
  start(): void {
    this.#writing.start();
  }

  /** Resolves when what waited was written, or could not be; at once while it is held. */
  flush(): Promise<void> {
    return this.#writing.flush();
  }

  /** Lets what is being written end; from then on chunks stay where they are until the returned function is called. */
  hold(): Promise<() => void> {
    return this.#writing.hold();
  }

  /** Writes what waits and ends. */
  close(): Promise<void> {
    return this.#writing.close();
  }

  async #writeBatch(): Promise<void> {
    const { memory, writer } = this.#options;
    const { unwritten } = memory.outOfOrder;
    const taken = this.#fill();
    if (this.#batch.count === 0) {
      unwritten.drop(taken);
      return;
    }
    const place = await writer.write(this.#batch);
    const moved = this.#relocate(place);
    unwritten.drop(taken);
    await writer.sync();
    this.#mark(place, moved);
  }

  /** Copies chunks that wait to the batch; returns how many were looked at. */
  #fill(): number {
    const { outOfOrder, sealed, series } = this.#options.memory;
    const { unwritten } = outOfOrder;
    const places = outOfOrder.chainPlaces();
    const batch = this.#batch;
    batch.clear();
    let index = 0;
    for (; index < unwritten.count && batch.size < BATCH_BYTES && batch.count < BATCH_CHUNKS_MAX; index++) {
      const row = unwritten.row(index);
      const chunk = unwritten.chunk(index);
      const firstTime = unwritten.firstTime(index);
      if (!outOfOrder.hasInMemory(places, row, chunk, firstTime)) continue;
      const bytes = sealed.bytesOf(chunk, null);
      const [encoding, lastTime] = [sealed.encoding(chunk), sealed.lastTime(chunk)];
      this.#indexes[batch.count] = index;
      batch.add({ series: series.ref(row), firstTime, lastTime, encoding, isOutOfOrder: true }, bytes, 0, bytes.length);
    }
    return index;
  }

  /** Returns how many were not gone by then. */
  #relocate({ offset, slot }: HeadChunkPlace): number {
    const { outOfOrder, series } = this.#options.memory;
    const { unwritten } = outOfOrder;
    const places = outOfOrder.chainPlaces();
    let moved = 0;
    for (let i = 0; i < this.#batch.count; i++) {
      const index = this.#indexes[i]!;
      const row = unwritten.row(index);
      const chunk = unwritten.chunk(index);
      if (!outOfOrder.hasInMemory(places, row, chunk, unwritten.firstTime(index))) continue;
      const at = offset + this.#batch.offset(i);
      this.#rows[moved] = row;
      this.#refs[moved] = series.ref(row);
      this.#chunks[moved] = outOfOrder.moveToFile(places, row, chunk, slot, at);
      this.#offsets[moved++] = at;
    }
    this.#written += moved;
    return moved;
  }

  /** Notes the first `moved` chunks that were written, where nothing came since. */
  #mark({ fileNumber }: HeadChunkPlace, moved: number): void {
    const { outOfOrder, series, transactions } = this.#options.memory;
    // Samples that the log has by now must be where a marker would say that there are none.
    transactions.endApplying();
    const refs = this.#refs;
    let marked = 0;
    for (let i = 0; i < moved; i++) {
      const row = this.#rows[i]!;
      if (series.ref(row) !== refs[i] || !outOfOrder.endsWith(row, this.#chunks[i]!)) continue;
      refs[marked] = refs[i]!;
      this.#offsets[marked++] = this.#offsets[i]!;
    }
    if (marked > 0) this.#lateLog?.append([mmapMarkersRecord(fileNumber, refs, this.#offsets, marked)]);
  }
}
