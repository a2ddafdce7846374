import type { SealedRecords } from './sealed-chunks.ts';

/** Chains of which more than this is walked are noted whole. */
const SHORT_CHAIN = 64;

/**
 * Where sealed chunks stand in the chains of their series. A chain goes from the newest chunk to the oldest, and what waits to be
 * written is found in it from the newest on: of a series that fills thousands of chunks within a second, each chunk would
 * be reached through thousands. A long chain is walked once and noted; short ones, as nearly all are, cost nothing else.
 *
 * True only as long as no chain changes but through `replace`: for one loop without an `await`.
 */
export class ChainPlaces {
  readonly #sealed: Pick<SealedRecords, 'older'>;
  readonly #newest: (row: number) => number;
  /** Of noted chains: each chunk, and the one that is next newer. */
  readonly #noted = new Map<number, Map<number, number>>();

  constructor(sealed: Pick<SealedRecords, 'older'>, newest: (row: number) => number) {
    this.#sealed = sealed;
    this.#newest = newest;
  }

  /** The chunk of a row that is next newer than `chunk`, 0: there is none; null: `chunk` is not in the row's chain. */
  newer(row: number, chunk: number): number | null {
    const noted = this.#noted.get(row);
    if (noted !== undefined) return noted.get(chunk) ?? null;
    let newer = 0;
    let at = this.#newest(row);
    for (let steps = 0; at !== 0 && at !== chunk; steps++) {
      if (steps === SHORT_CHAIN) return this.#note(row).get(chunk) ?? null;
      newer = at;
      at = this.#sealed.older(at);
    }
    return at === 0 ? null : newer;
  }

  /** Tells that `chunk` of a row's chain has become `by`. */
  replace(row: number, chunk: number, by: number): void {
    const noted = this.#noted.get(row);
    if (noted === undefined) return;
    noted.set(by, noted.get(chunk)!);
    noted.delete(chunk);
    const older = this.#sealed.older(by);
    if (older !== 0) noted.set(older, by);
  }

  #note(row: number): Map<number, number> {
    const noted = new Map<number, number>();
    let newer = 0;
    for (let at = this.#newest(row); at !== 0; at = this.#sealed.older(at)) {
      noted.set(at, newer);
      newer = at;
    }
    this.#noted.set(row, noted);
    return noted;
  }
}
