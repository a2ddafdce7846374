import { setImmediate as nextTurn } from 'node:timers/promises';
import { ApiError } from './api-error.ts';
import type { Call } from './call.ts';

/** The event loop is given back when a slice of work has taken this long, ms. */
const SLICE_MS = 5;

/** Cuts the work for an answer into turns of the event loop, and ends it when its client is gone. */
export class Slices {
  readonly #call: Pick<Call, 'deps' | 'signal'>;
  readonly #left: () => Error;
  #start: number;

  /** `left` makes what is thrown when nobody waits for the answer any more. */
  constructor(call: Pick<Call, 'deps' | 'signal'>, left: () => Error) {
    this.#call = call;
    this.#left = left;
    this.#start = call.deps.clock.monotonic();
  }

  /** True when `next` is due. */
  isOver(): boolean {
    return this.#call.deps.clock.monotonic() - this.#start > SLICE_MS;
  }

  /** Resolves in a later turn. Rejects with what `left` makes. */
  async next(): Promise<void> {
    await nextTurn();
    this.check();
    this.#start = this.#call.deps.clock.monotonic();
  }

  /** Throws what `left` makes when the client is gone. */
  check(): void {
    if (this.#call.signal.aborted) throw this.#left();
  }
}

/** Slices of a call whose client is told, were it still there, that it was canceled. */
export function slicesOf(call: Pick<Call, 'deps' | 'signal'>): Slices {
  return new Slices(call, () => new ApiError('canceled', 'context canceled'));
}
