import { setImmediate as nextTurn } from 'node:timers/promises';
import type { Clock } from '../std/clock.ts';
import { ReadRefusal } from './read-refusal.ts';

/** The event loop is given back after this long. */
const TURN_MS = 5;

/** Cuts the reading of many series into turns of the event loop, and ends it when the client is gone. */
export class TurnTaker {
  readonly #clock: Clock;
  readonly #signal: AbortSignal;
  #start: number;

  constructor({ clock, signal }: { readonly clock: Clock; readonly signal: AbortSignal }) {
    this.#clock = clock;
    this.#signal = signal;
    this.#start = clock.monotonic();
  }

  isOver(): boolean {
    return this.#clock.monotonic() - this.#start > TURN_MS;
  }

  async next(): Promise<void> {
    await nextTurn();
    if (this.#signal.aborted) throw new ReadRefusal(499, 'context canceled');
    this.#start = this.#clock.monotonic();
  }
}
