import { setImmediate } from 'node:timers/promises';
import type { Clock } from '../../std/clock.ts';
import type { Log } from '../../telemetry/log.ts';
import { HeadChunkBatch } from '../chunks-head/head-chunk-batch.ts';
import type { HeadChunkPlace, HeadChunkWriter } from '../chunks-head/head-chunk-writer.ts';
import type { LateLog } from '../head/head-log.ts';
import type { HeadMemory } from '../head/head-memory.ts';
import { mmapMarkersRecord } from '../wal/records.ts';

/** A batch is full with so many bytes or chunks: a turn of some 2 ms. */
const BATCH_BYTES = 1024 * 1024;
const BATCH_CHUNKS_MAX = 8192;
/** How often it is looked whether chunks wait, and tried again where they could not be written. */
const INTERVAL_MS = 1000;
/** Extents given back in one turn. */
const RELEASES = 8192;

export interface LateChunkWritingOptions {
  readonly memory: Pick<HeadMemory, 'epochs' | 'outOfOrder' | 'sealed' | 'series'>;
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
  #cancel: (() => void) | null = null;
  #running: Promise<void> | null = null;
  #holds = 0;
  #hasFailed = false;
  #written = 0;
  #failedWrites = 0;
  #observeFailure: (error: unknown) => void = () => {};

  constructor(options: LateChunkWritingOptions) {
    this.#options = options;
    options.memory.outOfOrder.unwritten.keep();
  }

  /** Chunks written since the start, and batches that could not be. */
  get chunksWritten(): number {
    return this.#written;
  }

  get failedWrites(): number {
    return this.#failedWrites;
  }

  /** From here on markers go there. */
  logTo(lateLog: LateLog): void {
    this.#lateLog = lateLog;
  }

  /** Calls back with what a batch could not be written for. */
  onFailure(observe: (error: unknown) => void): void {
    this.#observeFailure = observe;
  }

  /** From here on what is sealed is written within a second or so. */
  start(): void {
    this.#cancel = this.#options.clock.after(INTERVAL_MS, () => {
      void this.flush().finally(() => {
        if (this.#cancel !== null) this.start();
      });
    });
  }

  /** Resolves when what waited was written, or could not be; at once while it is held. */
  flush(): Promise<void> {
    if (this.#holds > 0) return this.#running ?? Promise.resolve();
    this.#running ??= this.#writeAll().finally(() => {
      this.#running = null;
    });
    return this.#running;
  }

  /** Lets what is being written end; from then on chunks stay where they are until the returned function is called. */
  async hold(): Promise<() => void> {
    this.#holds++;
    await this.#running;
    return () => {
      this.#holds--;
    };
  }

  /** Writes what waits and ends. */
  async close(): Promise<void> {
    this.#cancel?.();
    this.#cancel = null;
    await this.flush();
  }

  async #writeAll(): Promise<void> {
    const { log, memory, writer } = this.#options;
    const { unwritten } = memory.outOfOrder;
    try {
      while (unwritten.count > 0 && this.#holds === 0) {
        const taken = this.#fill();
        if (this.#batch.count > 0) {
          const place = await writer.write(this.#batch);
          const moved = this.#relocate(place);
          unwritten.drop(taken);
          await writer.sync();
          this.#mark(place, moved);
        } else unwritten.drop(taken);
        this.#hasFailed = false;
        // What waits for readers that are gone by now; the rest comes back when they go.
        while (memory.epochs.reclaim(RELEASES)) await setImmediate();
      }
    } catch (error) {
      this.#failedWrites++;
      if (!this.#hasFailed) {
        log.warn('Cannot write out-of-order chunks of the head, they stay in memory', { error: String(error) });
      }
      this.#hasFailed = true;
      this.#observeFailure(error);
    }
  }

  /** Copies chunks that wait to the batch; returns how many were looked at. */
  #fill(): number {
    const { outOfOrder, sealed, series } = this.#options.memory;
    const { unwritten } = outOfOrder;
    const batch = this.#batch;
    batch.clear();
    let index = 0;
    for (; index < unwritten.count && batch.size < BATCH_BYTES && batch.count < BATCH_CHUNKS_MAX; index++) {
      const row = unwritten.row(index);
      const chunk = unwritten.chunk(index);
      const firstTime = unwritten.firstTime(index);
      if (!outOfOrder.hasInMemory(row, chunk, firstTime)) continue;
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
    let moved = 0;
    for (let i = 0; i < this.#batch.count; i++) {
      const index = this.#indexes[i]!;
      const row = unwritten.row(index);
      const chunk = unwritten.chunk(index);
      if (!outOfOrder.hasInMemory(row, chunk, unwritten.firstTime(index))) continue;
      const at = offset + this.#batch.offset(i);
      this.#rows[moved] = row;
      this.#refs[moved] = series.ref(row);
      this.#chunks[moved] = outOfOrder.moveToFile(row, chunk, slot, at);
      this.#offsets[moved++] = at;
    }
    this.#written += moved;
    return moved;
  }

  /** Notes the first `moved` chunks that were written, where nothing came since. */
  #mark({ fileNumber }: HeadChunkPlace, moved: number): void {
    const { outOfOrder, series } = this.#options.memory;
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
