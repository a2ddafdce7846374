import type { Clock } from '../../std/clock.ts';

/** Without work for so long a thread tidies up. Pages that refresh come back sooner: they would take all of their memory anew each time. */
const IDLE_MS = 10_000;
/** A thread that has nothing else to do has given back by then. */
const SETTLED_MS = 2_000;
/** And again so much later: by then also what is kept for the next answers has been let go of. */
const AGAIN_MS = 13_000;
/** A collection is worth its time where so much more was used than after the last one. */
const GROWTH_BYTES = 32 * 2 ** 20;

/** The memory of the thread that asks, its objects and buffers. */
export interface ThreadMemory {
  /** Bytes, whether or not anybody needs them. */
  used(): number;
  /** The most that was used since this was called last. */
  takePeak(): number;
  /** Begins to give back what nobody needs. */
  giveBack(): void;
}

/**
 * Gives memory back that queries have left behind. V8 collects when more is allocated, so what the last heavy query of a
 * thread used would stay until the next one comes; and the pages of what it has collected it keeps for what may come.
 */
export class IdleThread {
  readonly #clock: Clock;
  readonly #memory: ThreadMemory;
  readonly #tidyUp: () => void;
  #running = 0;
  #usedAfter = 0;
  #stop: () => void = () => {};

  /** `tidyUp` lets go of what is cheap to make again. */
  constructor(clock: Clock, memory: ThreadMemory, tidyUp: () => void) {
    this.#clock = clock;
    this.#memory = memory;
    this.#tidyUp = tidyUp;
  }

  begin(): void {
    this.#running++;
    this.#stop();
  }

  end(): void {
    if (--this.#running === 0) this.#stop = this.#clock.after(IDLE_MS, () => this.#rest());
  }

  #rest(): void {
    this.#tidyUp();
    // What was used at most may have been collected since: then V8 has its pages.
    if (Math.max(this.#memory.takePeak(), this.#memory.used()) < this.#usedAfter + GROWTH_BYTES) return;
    this.#memory.giveBack();
    this.#stop = this.#clock.after(SETTLED_MS, () => {
      this.#usedAfter = this.#memory.used();
      this.#stop = this.#clock.after(AGAIN_MS, () => this.#memory.giveBack());
    });
  }
}
