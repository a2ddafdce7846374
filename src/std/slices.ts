import { setImmediate as nextTurn } from 'node:timers/promises';
import type { Clock } from './clock.ts';

/** The event loop is given back when a slice of work has taken this long, ms. */
const SLICE_MS = 5;

/** Cuts long work for one client into turns of the event loop, and ends it when the client is gone. */
export class Slices {
  readonly #clock: Clock;
  readonly #signal: AbortSignal;
  readonly #left: () => Error;
  #start: number;

  /** `left` makes what is thrown when nobody waits for the answer any more. */
  constructor({ clock, signal }: { readonly clock: Clock; readonly signal: AbortSignal }, left: () => Error) {
    this.#clock = clock;
    this.#signal = signal;
    this.#left = left;
    this.#start = clock.monotonic();
  }

  /** True when `next` is due. */
  isOver(): boolean {
    return this.#clock.monotonic() - this.#start > SLICE_MS;
  }

  /** Takes the steps of a computation, in as many turns as they need. Rejects as `next` does. */
  async run<T>(steps: Generator<undefined, T>): Promise<T> {
    for (;;) {
      const step = steps.next();
      if (step.done === true) return step.value;
      if (this.isOver()) await this.next();
    }
  }

  /** Resolves in a later turn. Rejects with what `left` makes. */
  async next(): Promise<void> {
    await nextTurn();
    this.check();
    this.#start = this.#clock.monotonic();
  }

  /** Throws what `left` makes when the client is gone. */
  check(): void {
    if (this.#signal.aborted) throw this.#left();
  }
}
