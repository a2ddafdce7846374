const SLAB_WORDS_LOG2 = 22;
const SLAB_WORDS = 1 << SLAB_WORDS_LOG2;
const OFFSET_MASK = SLAB_WORDS - 1;

/** What `SharedWords.appendRun` takes. */
export const WORDS_RUN_MAX = SLAB_WORDS;

/** Where `appendRun` puts so many words behind those that end at `end`, where nothing was ever given back. */
export function nextWords(end: number, count: number): number {
  return (end & OFFSET_MASK) + count > SLAB_WORDS ? (end | OFFSET_MASK) + 1 : end;
}

/** The slabs of a log of words, as readers in any thread see them. */
export class WordSlabs {
  readonly buffers: SharedArrayBuffer[] = [];
  readonly slabs: Uint32Array[] = [];

  /** The slab that holds the entry at `position`. */
  slabOf(position: number): Uint32Array {
    return this.slabs[position >>> SLAB_WORDS_LOG2]!;
  }

  /** Where in its slab the entry at `position` begins. */
  offsetOf(position: number): number {
    return position & OFFSET_MASK;
  }

  /** Adds the next slab. */
  attach(buffer: SharedArrayBuffer): void {
    this.buffers.push(buffer);
    this.slabs.push(new Uint32Array(buffer));
  }
}

/**
 * A log of entries of 32-bit words over shared slabs of 16 MiB. An entry never crosses a slab and does not change until it
 * is given back; a position (a word number) names it. One writer; readers look only at positions they were given.
 */
export class SharedWords extends WordSlabs {
  #end = 0;
  /** Entries that were given back, by their number of words. */
  readonly #free: (number[] | undefined)[] = [];

  /** Words written, padding included. */
  get length(): number {
    return this.#end;
  }

  /** Stores `count` words of `words` and returns where they begin. */
  append(words: Uint32Array, count: number): number {
    const free = this.#free[count]?.pop();
    if (free !== undefined) {
      const target = this.slabOf(free);
      const offset = this.offsetOf(free);
      for (let i = 0; i < count; i++) target[offset + i] = words[i]!;
      return free;
    }
    const position = this.#room(count);
    const target = this.slabOf(position);
    const offset = this.offsetOf(position);
    for (let i = 0; i < count; i++) target[offset + i] = words[i]!;
    return position;
  }

  /** Stores several entries one behind the other, of `WORDS_RUN_MAX` words in all at most; returns where the first begins. */
  appendRun(words: Uint32Array): number {
    const position = this.#room(words.length);
    if (words.length > 0) this.slabOf(position).set(words, this.offsetOf(position));
    return position;
  }

  /** Takes the next words, which all lie in one slab. */
  #room(count: number): number {
    if (count > SLAB_WORDS) throw new RangeError(`Cannot store a log entry of ${count} words: at most ${SLAB_WORDS}`);
    const position = nextWords(this.#end, count);
    if (position + count > 0xffffffff) throw new RangeError('Cannot store a log entry: the log has 2^32 words');
    const slab = position >>> SLAB_WORDS_LOG2;
    if (slab === this.slabs.length) this.attach(new SharedArrayBuffer(SLAB_WORDS * 4));
    this.#end = position + count;
    return position;
  }

  /** Gives an entry of `count` words back. Nobody may look at it any more. */
  free(position: number, count: number): void {
    while (this.#free.length <= count) this.#free.push(undefined);
    const positions = this.#free[count];
    if (positions === undefined) this.#free[count] = [position];
    else positions.push(position);
  }
}
