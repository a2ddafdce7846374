const SLAB_WORDS_LOG2 = 22;
const SLAB_WORDS = 1 << SLAB_WORDS_LOG2;
const OFFSET_MASK = SLAB_WORDS - 1;
const SLABS_MAX = 1024;
const CLASSES = 32;

/**
 * Growing lists of numbers as extents of pooled `Uint32Array`s: no array object for a list. A list of `n` entries has
 * the capacity of the next power of two, so its count alone tells its size; slabs hold 4 Mi numbers, and a longer list
 * gets a slab of its own. Lists are not shared: the label index lives on the main thread.
 */
export class RowLists {
  readonly #slabs: (Uint32Array | null)[] = [];
  #slab = -1;
  #next = SLAB_WORDS;
  /** Free extents by capacity (log2); position + 1, linked through their first word. */
  readonly #free = new Float64Array(CLASSES);

  /** Bytes of address space held. */
  get bytes(): number {
    let words = 0;
    for (const slab of this.#slabs) words += slab?.length ?? 0;
    return 4 * words;
  }

  /** The list at `position` as a view; valid until the list grows or shrinks. */
  view(position: number, count: number): Uint32Array {
    const offset = position & OFFSET_MASK;
    return this.#slabs[position >>> SLAB_WORDS_LOG2]!.subarray(offset, offset + count);
  }

  /** A list of two. */
  create(first: number, second: number): number {
    const position = this.#allocate(1);
    const slab = this.#slabs[position >>> SLAB_WORDS_LOG2]!;
    slab[position & OFFSET_MASK] = first;
    slab[(position & OFFSET_MASK) + 1] = second;
    return position;
  }

  /** Appends to a list of `count` (2 or more) entries; returns where the list is now. */
  append(position: number, count: number, value: number): number {
    let at = position;
    if ((count & (count - 1)) === 0) {
      const log2 = 31 - Math.clz32(count);
      at = this.#allocate(log2 + 1);
      this.#slabs[at >>> SLAB_WORDS_LOG2]!.set(this.view(position, count), at & OFFSET_MASK);
      this.#release(position, log2);
    }
    this.#slabs[at >>> SLAB_WORDS_LOG2]![(at & OFFSET_MASK) + count] = value;
    return at;
  }

  /** The last entry of a list. */
  last(position: number, count: number): number {
    return this.#slabs[position >>> SLAB_WORDS_LOG2]![(position & OFFSET_MASK) + count - 1]!;
  }

  /** Shortens a list to its first `kept` (2 or more) entries; returns where the list is now. */
  shrink(position: number, count: number, kept: number): number {
    const from = capacityLog2(count);
    const to = capacityLog2(kept);
    if (from === to) return position;
    const at = this.#allocate(to);
    this.#slabs[at >>> SLAB_WORDS_LOG2]!.set(this.view(position, kept), at & OFFSET_MASK);
    this.#release(position, from);
    return at;
  }

  /** Gives the whole list back. */
  drop(position: number, count: number): void {
    this.#release(position, capacityLog2(count));
  }

  #allocate(log2: number): number {
    const free = this.#free[log2]!;
    if (free !== 0) {
      const position = free - 1;
      this.#free[log2] = this.#slabs[position >>> SLAB_WORDS_LOG2]![position & OFFSET_MASK]!;
      return position;
    }
    const words = 1 << log2;
    if (words > SLAB_WORDS) return this.#addSlab(words) * SLAB_WORDS;
    if (this.#next + words > SLAB_WORDS) {
      this.#keepRemainder();
      this.#slab = this.#addSlab(SLAB_WORDS);
      this.#next = 0;
    }
    const position = this.#slab * SLAB_WORDS + this.#next;
    this.#next += words;
    return position;
  }

  #release(position: number, log2: number): void {
    if (1 << log2 > SLAB_WORDS) {
      this.#slabs[position >>> SLAB_WORDS_LOG2] = null;
      return;
    }
    this.#slabs[position >>> SLAB_WORDS_LOG2]![position & OFFSET_MASK] = this.#free[log2]!;
    this.#free[log2] = position + 1;
  }

  /** The end of a full slab becomes free extents. */
  #keepRemainder(): void {
    while (this.#next + 2 <= SLAB_WORDS && this.#slab >= 0) {
      const log2 = 31 - Math.clz32(SLAB_WORDS - this.#next);
      this.#release(this.#slab * SLAB_WORDS + this.#next, log2);
      this.#next += 1 << log2;
    }
  }

  #addSlab(words: number): number {
    const empty = this.#slabs.indexOf(null);
    const slab = empty >= 0 ? empty : this.#slabs.length;
    if (slab === SLABS_MAX) throw new RangeError('Cannot extend the label index: it has 1024 slabs');
    this.#slabs[slab] = new Uint32Array(words);
    return slab;
  }
}

function capacityLog2(count: number): number {
  return count <= 2 ? 1 : 32 - Math.clz32(count - 1);
}
