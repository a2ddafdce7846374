const SLAB_WORDS_LOG2 = 22;
const SLAB_WORDS = 1 << SLAB_WORDS_LOG2;
const OFFSET_MASK = SLAB_WORDS - 1;
const SLABS_MAX = 1024;
const CLASSES = 32;
/** A list that outgrows so many entries gets an array of its own, as long as there are fewer than so many slabs. */
const OWN_WORDS_LOG2 = 14;
const OWN_SLABS_MAX = 512;

/**
 * Growing lists of numbers as extents of pooled `Uint32Array`s: no array object for a list. A list of `n` entries has
 * the capacity of the next power of two, so its count alone tells its size; slabs hold 4 Mi numbers.
 *
 * Long lists are few and have arrays of their own, which grow by an eighth and whose old ones go back to the host: with
 * ten labels for a million series these lists hold six tenths of all entries, and pooled they would take twice the memory.
 *
 * Lists are not shared: the label index lives on the main thread.
 */
export class RowLists {
  /** A slab that is not of the pooled size is one list's own. */
  readonly #slabs: (Uint32Array | null)[] = [];
  readonly #emptySlabs: number[] = [];
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
    const position = this.#allocate(1, 2);
    const slab = this.#slabs[position >>> SLAB_WORDS_LOG2]!;
    slab[position & OFFSET_MASK] = first;
    slab[(position & OFFSET_MASK) + 1] = second;
    return position;
  }

  /** A list of these (2 or more) entries. */
  createOf(entries: Uint32Array): number {
    const position = this.#allocate(capacityLog2(entries.length), entries.length);
    this.#slabs[position >>> SLAB_WORDS_LOG2]!.set(entries, position & OFFSET_MASK);
    return position;
  }

  /** Appends to a list of `count` (2 or more) entries; returns where the list is now. */
  append(position: number, count: number, value: number): number {
    const slab = this.#slabs[position >>> SLAB_WORDS_LOG2]!;
    if (slab.length !== SLAB_WORDS) return this.#appendToOwn(position, slab, count, value);
    let at = position;
    if ((count & (count - 1)) === 0) {
      const log2 = 31 - Math.clz32(count);
      at = this.#allocate(log2 + 1, count + 1);
      this.#slabs[at >>> SLAB_WORDS_LOG2]!.set(this.view(position, count), at & OFFSET_MASK);
      this.#release(position, log2);
    }
    this.#slabs[at >>> SLAB_WORDS_LOG2]![(at & OFFSET_MASK) + count] = value;
    return at;
  }

  /** Appends `values[from..to-1]` to a list of `count` (2 or more) entries; returns where the list is now. */
  appendRun(position: number, count: number, values: Uint32Array, from: number, to: number): number {
    let at = position;
    for (let i = from; i < to; ) {
      const slab = this.#slabs[at >>> SLAB_WORDS_LOG2]!;
      // One value moves the list to where there is room for more.
      const capacity = slab.length === SLAB_WORDS ? 1 << capacityLog2(count) : slab.length;
      if (count === capacity) {
        at = this.append(at, count++, values[i++]!);
        continue;
      }
      const end = Math.min(to, i + capacity - count);
      const offset = (at & OFFSET_MASK) - i + count;
      count += end - i;
      for (; i < end; i++) slab[offset + i] = values[i]!;
    }
    return at;
  }

  #appendToOwn(position: number, slab: Uint32Array, count: number, value: number): number {
    if (count < slab.length) {
      slab[count] = value;
      return position;
    }
    const grown = new Uint32Array(ownWords(count + 1));
    grown.set(slab);
    grown[count] = value;
    this.#slabs[position >>> SLAB_WORDS_LOG2] = grown;
    return position;
  }

  /** The last entry of a list. */
  last(position: number, count: number): number {
    return this.#slabs[position >>> SLAB_WORDS_LOG2]![(position & OFFSET_MASK) + count - 1]!;
  }

  /** Shortens a list to its first `kept` (2 or more) entries; returns where the list is now. */
  shrink(position: number, count: number, kept: number): number {
    const slab = this.#slabs[position >>> SLAB_WORDS_LOG2]!;
    if (slab.length !== SLAB_WORDS) {
      if (4 * kept > 3 * slab.length) return position;
      const at = this.#allocate(capacityLog2(kept), kept);
      this.#slabs[at >>> SLAB_WORDS_LOG2]!.set(slab.subarray(0, kept), at & OFFSET_MASK);
      this.#dropSlab(position);
      return at;
    }
    const from = capacityLog2(count);
    const to = capacityLog2(kept);
    if (from === to) return position;
    const at = this.#allocate(to, kept);
    this.#slabs[at >>> SLAB_WORDS_LOG2]!.set(this.view(position, kept), at & OFFSET_MASK);
    this.#release(position, from);
    return at;
  }

  /** Gives the whole list back. */
  drop(position: number, count: number): void {
    this.#release(position, capacityLog2(count));
  }

  /** Room for 2^`log2` entries, or in an array of its own for somewhat more than `entries`. */
  #allocate(log2: number, entries: number): number {
    const free = this.#free[log2]!;
    if (free !== 0) {
      const position = free - 1;
      this.#free[log2] = this.#slabs[position >>> SLAB_WORDS_LOG2]![position & OFFSET_MASK]!;
      return position;
    }
    const words = 1 << log2;
    const isOwn = log2 > OWN_WORDS_LOG2 && this.#slabs.length - this.#emptySlabs.length < OWN_SLABS_MAX;
    if (isOwn || words > SLAB_WORDS) return this.#addSlab(ownWords(entries)) * SLAB_WORDS;
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
    if (this.#slabs[position >>> SLAB_WORDS_LOG2]!.length !== SLAB_WORDS) {
      this.#dropSlab(position);
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

  #dropSlab(position: number): void {
    const slab = position >>> SLAB_WORDS_LOG2;
    this.#slabs[slab] = null;
    this.#emptySlabs.push(slab);
  }

  #addSlab(words: number): number {
    const slab = this.#emptySlabs.pop() ?? this.#slabs.length;
    if (slab === SLABS_MAX) throw new RangeError('Cannot extend the label index: it has 1024 slabs');
    this.#slabs[slab] = new Uint32Array(words);
    return slab;
  }
}

/** The size of an array of its own for at least `entries`: an eighth more, and never that of a slab. */
function ownWords(entries: number): number {
  const words = entries + (entries >>> 3);
  return words === SLAB_WORDS ? words + 1 : words;
}

function capacityLog2(count: number): number {
  return count <= 2 ? 1 : 32 - Math.clz32(count - 1);
}
