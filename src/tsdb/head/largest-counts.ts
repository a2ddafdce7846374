/** A text and how often, or how much, it is there. */
export interface NameAndCount {
  readonly name: string;
  readonly value: number;
}

/** The largest counts of many that pass by, in the room of those alone: a heap whose root is the smallest that is kept. */
export class LargestCounts {
  readonly #limit: number;
  readonly #heap: NameAndCount[] = [];

  /** Keeps `limit` (at least 1) counts. */
  constructor(limit: number) {
    this.#limit = limit;
  }

  /** True where a count of this size would be kept, or might be, by its name: whoever asks first saves making names. */
  wants(value: number): boolean {
    return this.#heap.length < this.#limit || value >= this.#heap[0]!.value;
  }

  add(name: string, value: number): void {
    const entry = { name, value };
    if (this.#heap.length < this.#limit) {
      this.#heap.push(entry);
      this.#rise(this.#heap.length - 1);
    } else if (compareCounts(entry, this.#heap[0]!) < 0) {
      this.#heap[0] = entry;
      this.#sink();
    }
  }

  /** Largest first; equal ones by name. */
  sorted(): NameAndCount[] {
    return this.#heap.toSorted(compareCounts);
  }

  #rise(from: number): void {
    const heap = this.#heap;
    for (let at = from; at > 0; ) {
      const parent = (at - 1) >>> 1;
      if (compareCounts(heap[at]!, heap[parent]!) <= 0) return;
      [heap[at], heap[parent]] = [heap[parent]!, heap[at]!];
      at = parent;
    }
  }

  #sink(): void {
    const heap = this.#heap;
    for (let at = 0; ; ) {
      let last = at;
      for (const child of [2 * at + 1, 2 * at + 2]) {
        if (child < heap.length && compareCounts(heap[child]!, heap[last]!) > 0) last = child;
      }
      if (last === at) return;
      [heap[at], heap[last]] = [heap[last]!, heap[at]!];
      at = last;
    }
  }
}

/** Below 0 where `a` stands before `b`. */
function compareCounts(a: NameAndCount, b: NameAndCount): number {
  return b.value - a.value || (a.name < b.name ? -1 : a.name > b.name ? 1 : 0);
}
