/** How often a quantity fell between two of some bounds, and its sum. Plain data. */
export interface Distribution {
  /** By bound, not cumulated; the last one is above all of them. */
  readonly counts: readonly number[];
  readonly sum: number;
}

/** How large the chunks of a block are. */
export interface ChunkDistributions {
  readonly bytes: Distribution;
  readonly samples: Distribution;
  /** From the first to the last sample, ms. */
  readonly spanMs: Distribution;
}

/** The reference's bounds: 32 and 4 times 1.5, 1.5^2, ...; 100 times 4, 4^2, .... */
export const CHUNK_BYTES_BOUNDS: readonly number[] = bounds(32, 1.5, 12);
export const CHUNK_SAMPLES_BOUNDS: readonly number[] = bounds(4, 1.5, 12);
export const CHUNK_SPAN_BOUNDS: readonly number[] = bounds(100, 4, 10);

/** Counts chunks while a block is written. */
export class ChunkCounter {
  readonly #bytes = new DistributionCounter(CHUNK_BYTES_BOUNDS);
  readonly #samples = new DistributionCounter(CHUNK_SAMPLES_BOUNDS);
  readonly #spanMs = new DistributionCounter(CHUNK_SPAN_BOUNDS);

  add(bytes: number, samples: number, spanMs: number): void {
    this.#bytes.add(bytes);
    this.#samples.add(samples);
    this.#spanMs.add(spanMs);
  }

  get distributions(): ChunkDistributions {
    return { bytes: this.#bytes.data, samples: this.#samples.data, spanMs: this.#spanMs.data };
  }
}

class DistributionCounter {
  readonly #bounds: readonly number[];
  readonly #counts: number[];
  #sum = 0;

  constructor(ofBounds: readonly number[]) {
    this.#bounds = ofBounds;
    this.#counts = new Array<number>(ofBounds.length + 1).fill(0);
  }

  get data(): Distribution {
    return { counts: this.#counts, sum: this.#sum };
  }

  add(value: number): void {
    let at = 0;
    while (at < this.#bounds.length && value > this.#bounds[at]!) at++;
    this.#counts[at]!++;
    this.#sum += value;
  }
}

function bounds(first: number, factor: number, count: number): number[] {
  const list: number[] = [];
  for (let bound = first; list.length < count; bound *= factor) list.push(bound);
  return list;
}
