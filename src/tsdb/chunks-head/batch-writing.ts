import { setImmediate } from 'node:timers/promises';
import type { Epochs } from '../../memory/epochs.ts';
import type { Clock } from '../../std/clock.ts';
import type { Log } from '../../telemetry/log.ts';

/** A batch is full with so many bytes or chunks: a turn of some 2 ms. */
export const BATCH_BYTES = 1024 * 1024;
export const BATCH_CHUNKS_MAX = 8192;
/** How often it is looked whether chunks wait, and tried again where they could not be written. */
const INTERVAL_MS = 1000;
/** Extents given back in one turn. */
const RELEASES = 8192;

export interface BatchWritingOptions {
  /** What retires the memory of chunks that were written. */
  readonly epochs: Epochs;
  readonly clock: Clock;
  readonly log: Log;
  /** The line of the log where a batch can not be written, once until one is written again. */
  readonly failedText: string;
  /** True while chunks wait. */
  readonly waits: () => boolean;
  /** Writes one batch of them. What it throws leaves the chunks of the batch waiting. */
  readonly writeBatch: () => Promise<void>;
}

/**
 * When chunks go to files: batch after batch, beside the event loop, each second and whenever somebody asks. Nothing waits
 * for it; what can not be written is tried again.
 */
export class BatchWriting {
  readonly #options: BatchWritingOptions;
  #cancel: (() => void) | null = null;
  #running: Promise<void> | null = null;
  #holds = 0;
  #hasFailed = false;
  #failures = 0;
  #observeFailure: (error: unknown) => void = () => {};

  constructor(options: BatchWritingOptions) {
    this.#options = options;
  }

  /** Batches that could not be written. */
  get failures(): number {
    return this.#failures;
  }

  /** Calls back with what a batch could not be written for. */
  onFailure(observe: (error: unknown) => void): void {
    this.#observeFailure = observe;
  }

  /** From here on what waits is written within a second or so. */
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

  /** Lets the batch that is being written end; from then on chunks stay where they are until the returned function is called. */
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
    const { epochs, failedText, log, waits, writeBatch } = this.#options;
    try {
      while (this.#holds === 0 && waits()) {
        await writeBatch();
        this.#hasFailed = false;
        // What waits for readers that are gone by now; the rest comes back when they go.
        while (epochs.reclaim(RELEASES)) await setImmediate();
      }
    } catch (error) {
      this.#failures++;
      if (!this.#hasFailed) log.warn(failedText, { err: String(error) });
      this.#hasFailed = true;
      this.#observeFailure(error);
    }
  }
}
