import type { Clock } from '../std/clock.ts';

/** Observations count for so long, in milliseconds. */
const WINDOW_MS = 600_000;
/** Parts in which the window moves on. */
const PART_COUNT = 5;
const PART_MS = WINDOW_MS / PART_COUNT;
/** Observations kept of each part, 4 KiB: quantiles up to 0.99 are right to about one percent of rank. */
const PART_CAPACITY = 512;

/**
 * Quantiles over the last ten minutes in bounded memory: of every two minutes a random sample of at most 512
 * observations is kept (Vitter's algorithm R), each standing for an equal share of that part's observations.
 */
export class QuantileWindow {
  readonly #clock: Clock;
  readonly #parts: Part[] = [];
  #random = 0x9e3779b9;

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  observe(value: number): void {
    const part = this.#currentPart();
    part.seen++;
    if (part.seen <= PART_CAPACITY) {
      part.values[part.seen - 1] = value;
      return;
    }
    const slot = this.#nextRandom() % part.seen;
    if (slot < PART_CAPACITY) part.values[slot] = value;
  }

  /** The quantiles asked for, each NaN while the window is empty. */
  quantiles(wanted: readonly number[]): number[] {
    const oldest = Math.floor(this.#clock.monotonic() / PART_MS) - PART_COUNT + 1;
    const weighted: { value: number; weight: number }[] = [];
    let total = 0;
    for (const part of this.#parts) {
      if (part.number < oldest) continue;
      const kept = Math.min(part.seen, PART_CAPACITY);
      for (let i = 0; i < kept; i++) weighted.push({ value: part.values[i]!, weight: part.seen / kept });
      total += part.seen;
    }
    weighted.sort((a, b) => a.value - b.value);
    return wanted.map((quantile) => {
      let rest = quantile * total;
      for (const { value, weight } of weighted) {
        rest -= weight;
        if (rest <= 1e-9) return value;
      }
      return weighted.at(-1)?.value ?? Number.NaN;
    });
  }

  #currentPart(): Part {
    const number = Math.floor(this.#clock.monotonic() / PART_MS);
    const last = this.#parts.at(-1);
    if (last !== undefined && last.number === number) return last;
    const reused = this.#parts.length === PART_COUNT ? this.#parts.shift()! : null;
    const part = reused ?? { number, seen: 0, values: new Float64Array(PART_CAPACITY) };
    part.number = number;
    part.seen = 0;
    this.#parts.push(part);
    return part;
  }

  /** Marsaglia's xorshift: which observations stay needs no better randomness. */
  #nextRandom(): number {
    let x = this.#random;
    x ^= x << 13;
    x ^= x >>> 17;
    x ^= x << 5;
    this.#random = x;
    return x >>> 0;
  }
}

interface Part {
  /** Counts parts of the clock since its start. */
  number: number;
  seen: number;
  readonly values: Float64Array;
}
