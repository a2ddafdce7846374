import type { Clock } from '../../std/clock.ts';
import { collectGarbage } from '../../std/collect-garbage.ts';
import { usedBytes } from './memory-guard.ts';

/**
 * Without work for so long a thread tidies up. Pages that refresh come back sooner: they would meet a collection, which takes
 * two threads some 100 ms, in every pause.
 */
const IDLE_MS = 10_000;
/** And again when what it keeps for the next queries has been let go of. */
const IDLE_LONG_MS = 130_000;
/** A collection is worth its time where so much more is used than after the last one. */
const GROWTH_BYTES = 32 * 2 ** 20;

/**
 * Gives memory back that queries have left behind. V8 collects when more is allocated, so what the last heavy query of a
 * thread used would stay until the next one comes.
 */
export class IdleThread {
  readonly #clock: Clock;
  readonly #tidyUp: () => void;
  #running = 0;
  #usedAfter = 0;
  #stop: () => void = () => {};

  /** `tidyUp` lets go of what is cheap to make again. */
  constructor(clock: Clock, tidyUp: () => void) {
    this.#clock = clock;
    this.#tidyUp = tidyUp;
  }

  begin(): void {
    this.#running++;
    this.#stop();
  }

  end(): void {
    if (--this.#running > 0) return;
    this.#stop = this.#clock.after(IDLE_MS, () => {
      this.#collect();
      this.#stop = this.#clock.after(IDLE_LONG_MS, () => this.#collect());
    });
  }

  #collect(): void {
    this.#tidyUp();
    if (usedBytes() < this.#usedAfter + GROWTH_BYTES) return;
    collectGarbage();
    this.#usedAfter = usedBytes();
  }
}
