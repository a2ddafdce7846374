/** The rows that an image has, which are added rising. */
export class RowSet {
  #bits = new Uint32Array(1024);
  #limit = 0;
  #size = 0;

  /** Every row is below. */
  get limit(): number {
    return this.#limit;
  }

  get size(): number {
    return this.#size;
  }

  add(row: number): void {
    if (row >>> 5 >= this.#bits.length) {
      const larger = new Uint32Array(2 * this.#bits.length);
      larger.set(this.#bits);
      this.#bits = larger;
    }
    this.#bits[row >>> 5]! |= 1 << (row & 31);
    this.#limit = row + 1;
    this.#size++;
  }

  /** A bit for each row below `limit`, the lower bits of a word first. */
  get words(): Uint32Array<ArrayBuffer> {
    return this.#bits.subarray(0, (this.#limit + 31) >>> 5);
  }

  /** Copies the rows that are in the set; returns how many. */
  copyFrom(rows: Uint32Array, into: Uint32Array, at: number): number {
    let end = at;
    for (const row of rows) {
      if (row < this.#limit && ((this.#bits[row >>> 5]! >>> (row & 31)) & 1) === 1) into[end++] = row;
    }
    return end - at;
  }
}
