import type { Clock } from '../std/clock.ts';

/**
 * Milliseconds from `now` until a target's first scrape: its place within the interval, which is the same for as long
 * as its labels are, so that restarts keep the rhythm and targets are spread evenly.
 *
 * @param hash of the target's labels and URL; `seed` differs from server to server, so that two servers with the same
 *   targets do not ask them at the same moment
 */
export function firstDelayMs(now: number, intervalMs: number, hash: number, seed: number): number {
  const place = ((hash ^ seed) >>> 0) % intervalMs;
  const delay = intervalMs - (now % intervalMs) + place;
  return delay > intervalMs ? delay - intervalMs : delay;
}

/** Calls `tick` at evenly spaced moments. A tick that comes while the last one still runs follows at once; more are lost. */
export class Ticker {
  readonly #clock: Clock;
  readonly #intervalMs: number;
  /** On the monotonic clock. */
  #next: number;
  #cancel: () => void = () => {};

  constructor(clock: Clock, intervalMs: number, firstDelay: number) {
    this.#clock = clock;
    this.#intervalMs = intervalMs;
    this.#next = clock.monotonic() + firstDelay;
  }

  /** Waits for the next moment. Called again by the owner when it is done with a tick. */
  wait(tick: () => void): void {
    this.#cancel = this.#clock.after(Math.max(0, this.#next - this.#clock.monotonic()), () => {
      this.#next += this.#intervalMs;
      const late = this.#clock.monotonic() - this.#next;
      if (late >= this.#intervalMs) this.#next += Math.floor(late / this.#intervalMs) * this.#intervalMs;
      tick();
    });
  }

  /** Milliseconds until the next moment. */
  get remainingMs(): number {
    return Math.max(0, this.#next - this.#clock.monotonic());
  }

  stop(): void {
    this.#cancel();
  }
}

/**
 * Gives scrapes the times that they were meant to have where timers fire a little late: evenly spaced timestamps
 * compress to next to nothing. Scrapes that are later than the tolerance keep their real time.
 */
export class TimeAligner {
  readonly #intervalMs: number;
  readonly #toleranceMs: number;
  #base: number | null = null;

  /** The tolerance is at most a hundredth of the interval; 0 switches alignment off. */
  constructor(intervalMs: number, toleranceMs: number) {
    this.#intervalMs = intervalMs;
    this.#toleranceMs = Math.min(intervalMs / 100, toleranceMs);
  }

  /** The time that a scrape starting at `now` gets. */
  align(now: number): number {
    if (this.#toleranceMs <= 0 || this.#base === null) {
      this.#base = now;
      return now;
    }
    const ideal = this.#base + Math.round((now - this.#base) / this.#intervalMs) * this.#intervalMs;
    // Two scrapes within one interval, or a clock that was set, begin a new grid.
    if (Math.abs(now - ideal) > this.#toleranceMs || ideal <= this.#base) return now;
    this.#base = ideal;
    return ideal;
  }
}
