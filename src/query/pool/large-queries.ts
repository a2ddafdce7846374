import type { Clock } from '../../std/clock.ts';

/** Bytes that a query has allocated, as its budget counts them: from there on it is large. */
const LARGE_BYTES = 16 * 2 ** 20;
/** A large query that waited so long (ms) goes on beside the one before it. */
const WAIT_MAX_MS = 10_000;
/** Who waits looks so often (ms) whether it is still wanted. */
const LOOK_MS = 20;

interface Waiting {
  readonly slot: number;
  readonly goOn: () => void;
}

/**
 * Lets one large query of a thread finish before the next one grows. Queries that take turns are all half done at the same
 * time: six with answers of a hundred megabytes would take six times that, and none of them would be done sooner.
 */
export class LargeQueries {
  readonly #clock: Clock;
  readonly #going = new Set<number>();
  readonly #waiting: Waiting[] = [];

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  /** True where the query in a slot is small, or may go on; else it waits with `turn`. */
  mayGoOn(slot: number, bytes: number): boolean {
    if (bytes < LARGE_BYTES || this.#going.has(slot)) return true;
    if (this.#going.size > 0 || this.#waiting.length > 0) return false;
    this.#going.add(slot);
    return true;
  }

  /** Waits until the query may go on, or `isWanted` says that it need not. */
  async turn(slot: number, isWanted: () => boolean): Promise<void> {
    const end = this.#clock.monotonic() + WAIT_MAX_MS;
    const mine = Promise.withResolvers<void>();
    const waiting = { slot, goOn: mine.resolve };
    this.#waiting.push(waiting);
    while (this.#waiting.includes(waiting) && isWanted() && this.#clock.monotonic() < end) {
      let stop = () => {};
      const look = new Promise<void>((resolve) => {
        stop = this.#clock.after(LOOK_MS, resolve);
      });
      await Promise.race([mine.promise, look]);
      stop();
    }
    const place = this.#waiting.indexOf(waiting);
    if (place >= 0) this.#waiting.splice(place, 1);
    this.#going.add(slot);
  }

  /** To be called when the query in a slot is done, whatever it was. */
  done(slot: number): void {
    if (!this.#going.delete(slot) || this.#going.size > 0) return;
    const next = this.#waiting.shift();
    if (next === undefined) return;
    this.#going.add(next.slot);
    next.goOn();
  }
}
