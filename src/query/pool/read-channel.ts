import type { ReadBatch, ReadWish } from './read-messages.ts';

/** The main thread's end of one read in a thread: a batch for each wish, one after the other. */
export class ReadChannel {
  readonly #tell: (wish: ReadWish) => void;
  #waiting = Promise.withResolvers<ReadBatch>();
  #isClosed = false;

  /** `tell` passes on what is wanted next. */
  constructor(tell: (wish: ReadWish) => void) {
    this.#tell = tell;
  }

  /** What comes first, without a wish. Rejects with a `QueryError`. */
  first(): Promise<ReadBatch> {
    return this.#waiting.promise;
  }

  /** The next batch; after the one before has come. Rejects with a `QueryError`. */
  next(wish: Exclude<ReadWish, 'end'>): Promise<ReadBatch> {
    this.#waiting = Promise.withResolvers<ReadBatch>();
    this.#tell(wish);
    return this.#waiting.promise;
  }

  take(batch: ReadBatch): void {
    this.#waiting.resolve(batch);
  }

  fail(error: Error): void {
    // Who has closed it does not wait any more.
    this.#waiting.promise.catch(() => {});
    this.#waiting.reject(error);
  }

  close(): void {
    if (this.#isClosed) return;
    this.#isClosed = true;
    this.#tell('end');
  }
}
