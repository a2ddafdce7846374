import type { AskedTimes, QueryTimes } from './resolve-duration.ts';

/** The times of a query, which note whether anything made by them looked at them. */
export class ObservedTimes implements QueryTimes {
  wereLookedAt = false;
  readonly #times: QueryTimes;

  constructor(times: QueryTimes) {
    this.#times = times;
  }

  get asked(): AskedTimes | undefined {
    this.wereLookedAt = true;
    return this.#times.asked;
  }

  get start(): number {
    this.wereLookedAt = true;
    return this.#times.start;
  }

  get end(): number {
    this.wereLookedAt = true;
    return this.#times.end;
  }

  get step(): number {
    this.wereLookedAt = true;
    return this.#times.step;
  }
}
