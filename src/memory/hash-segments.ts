const SEGMENTS_LOG2 = 6;
const SEGMENTS = 1 << SEGMENTS_LOG2;

/**
 * The slots of a hash table in 64 parts, chosen by the upper bits of a hash while the slot is chosen by the lower ones.
 * Each part grows by itself: growing the whole of a table of a million entries would hold the thread for a tenth of a
 * second, growing a part takes a millisecond.
 */
export class HashSegments {
  /** The slots of each part; what a slot is, and how many there are at least, is the owner's matter. */
  readonly slots: Uint32Array[] = [];
  /** Entries in each part. */
  readonly used = new Uint32Array(SEGMENTS);
  #entries = 0;

  /** Parts of `words` words at first. */
  constructor(words: number) {
    for (let i = 0; i < SEGMENTS; i++) this.slots.push(new Uint32Array(words));
  }

  /** Entries in all parts. */
  get entries(): number {
    return this.#entries;
  }

  get bytes(): number {
    return this.slots.reduce((sum, { byteLength }) => sum + byteLength, 0);
  }

  /** Counts an entry more in a part; returns how many it has. */
  added(segment: number): number {
    this.#entries++;
    return ++this.used[segment]!;
  }

  /** Gives a part other slots, with so many entries. */
  replace(segment: number, slots: Uint32Array, used: number): void {
    this.slots[segment] = slots;
    this.#entries += used - this.used[segment]!;
    this.used[segment] = used;
  }

  removed(segment: number): void {
    this.#entries--;
    this.used[segment]!--;
  }
}

/** The part that a hash of 32 bits, signed or not, belongs to. */
export function hashSegment(hash: number): number {
  return hash >>> (32 - SEGMENTS_LOG2);
}
