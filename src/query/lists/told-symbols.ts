/** Bits of a word. */
const WORD = 32;

/** Which symbols of a list a thread is told of already: thousands of selectors may all find the same, and each need be told once. */
export class ToldSymbols {
  /** A bit for each number of a symbol. */
  #told = new Uint32Array(1024);

  /** Those of `symbols` that come for the first time, in an array of their own. Changes what is in `symbols`. */
  fresh(symbols: Uint32Array): Uint32Array {
    let count = 0;
    for (const symbol of symbols) {
      const at = Math.floor(symbol / WORD);
      if (at >= this.#told.length) this.#grow(at + 1);
      const bit = 1 << (symbol % WORD);
      if ((this.#told[at]! & bit) !== 0) continue;
      this.#told[at]! |= bit;
      symbols[count++] = symbol;
    }
    return symbols.slice(0, count);
  }

  #grow(length: number): void {
    const grown = new Uint32Array(Math.max(length, 2 * this.#told.length));
    grown.set(this.#told);
    this.#told = grown;
  }
}
