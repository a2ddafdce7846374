const PAGE_REFS = 1024;
const PAGE_WORDS = PAGE_REFS / 32;

/** A set of refs as plain data: which pages of 1,024 refs have any, and a bit a ref for each of those. */
export interface RefSetData {
  readonly pages: Float64Array;
  readonly bits: Uint32Array;
}

/** A set of refs, 130 KB for a million that were given one after the other; goes to another thread as `data`. */
export class RefSet {
  readonly #places = new Map<number, number>();
  #bits: Uint32Array;

  constructor(data?: RefSetData) {
    this.#bits = data?.bits ?? new Uint32Array(16 * PAGE_WORDS);
    if (data !== undefined) for (const [place, page] of data.pages.entries()) this.#places.set(page, place);
  }

  get data(): RefSetData {
    const used = this.#places.size * PAGE_WORDS;
    return { pages: Float64Array.from(this.#places.keys()), bits: this.#bits.slice(0, used) };
  }

  /** `ref` is an integer from 0 on. */
  add(ref: number): void {
    const page = Math.floor(ref / PAGE_REFS);
    let place = this.#places.get(page);
    if (place === undefined) {
      place = this.#places.size;
      this.#places.set(page, place);
      if ((place + 1) * PAGE_WORDS > this.#bits.length) {
        const grown = new Uint32Array(2 * this.#bits.length);
        grown.set(this.#bits);
        this.#bits = grown;
      }
    }
    const bit = ref % PAGE_REFS;
    this.#bits[place * PAGE_WORDS + (bit >>> 5)]! |= 1 << (bit & 31);
  }

  has(ref: number): boolean {
    const place = this.#places.get(Math.floor(ref / PAGE_REFS));
    if (place === undefined) return false;
    const bit = ref % PAGE_REFS;
    return ((this.#bits[place * PAGE_WORDS + (bit >>> 5)]! >>> (bit & 31)) & 1) === 1;
  }
}
