/**
 * Who may still look at what: readers pin the present epoch, the writer retires memory, and retired memory comes back
 * when every reader that could know of it is gone.
 *
 * The main thread keeps the pins, also those of other threads: it hands a query its rows, and hears when it is done.
 *
 * Releasing a million items takes longer than a turn of the event loop should: the end of a reader releases some, whoever
 * retired many calls `reclaim` until nothing is left.
 *
 * Invariants:
 * - An item retired in epoch `e` may be known to pins of epochs up to `e`, to none above.
 * - The queue of retired items is in epoch order, and items are released in the order in which they were retired.
 */
export class Epochs {
  readonly #release: (item: number) => void;
  #epoch = 1;
  #retiredInEpoch = false;
  /** Epoch -> readers in it. Epochs are added in rising order, so the first key is the oldest. */
  readonly #pins = new Map<number, number>();
  #items: number[] = [];
  #itemEpochs: number[] = [];
  #first = 0;

  /** `release` gets each retired item once, when nobody can look at it any more. */
  constructor(release: (item: number) => void) {
    this.#release = release;
  }

  /** Items retired and not yet released. */
  get waiting(): number {
    return this.#items.length - this.#first;
  }

  get readers(): number {
    let readers = 0;
    for (const count of this.#pins.values()) readers += count;
    return readers;
  }

  /** Ends the present epoch and returns its number: whoever pins from now on comes after it. */
  mark(): number {
    this.#retiredInEpoch = false;
    return this.#epoch++;
  }

  /** True while a reader is left that came before the end of `epoch`. */
  hasReadersOf(epoch: number): boolean {
    const oldest = this.#pins.keys().next();
    return oldest.done !== true && oldest.value <= epoch;
  }

  /** What is reachable now stays until `unpin` gets the number that this returns. */
  pin(): number {
    if (this.#retiredInEpoch) {
      this.#epoch++;
      this.#retiredInEpoch = false;
    }
    this.#pins.set(this.#epoch, (this.#pins.get(this.#epoch) ?? 0) + 1);
    return this.#epoch;
  }

  /** Steps between which what they know of stays what it is. */
  *pinned<T>(steps: Generator<undefined, T>): Generator<undefined, T> {
    const epoch = this.pin();
    try {
      return yield* steps;
    } finally {
      this.unpin(epoch);
    }
  }

  unpin(epoch: number): void {
    const count = this.#pins.get(epoch);
    if (count === undefined) throw new Error(`Cannot unpin epoch ${epoch}: nobody pins it`);
    if (count > 1) {
      this.#pins.set(epoch, count - 1);
      return;
    }
    this.#pins.delete(epoch);
    this.reclaim(UNPIN_RELEASES_MAX);
  }

  /**
   * Gives `item` back as soon as no present reader is left: at once where there is none and nothing waits. `release` may
   * call this.
   */
  retire(item: number): void {
    if (this.#pins.size === 0 && this.waiting === 0) {
      this.#release(item);
      return;
    }
    this.#items.push(item);
    this.#itemEpochs.push(this.#epoch);
    this.#retiredInEpoch = true;
  }

  /**
   * Releases items that no reader knows any more, at most `max`, oldest first. False where nothing more can be released
   * now.
   */
  reclaim(max: number): boolean {
    const oldest = this.#pins.keys().next();
    const limit = oldest.done === true ? Number.POSITIVE_INFINITY : oldest.value;
    let left = max;
    // Moved on before each call: `release` may retire further items.
    while (left > 0 && this.#first < this.#items.length && this.#itemEpochs[this.#first]! < limit) {
      left--;
      this.#release(this.#items[this.#first++]!);
    }
    this.#compact();
    return left === 0 && this.#first < this.#items.length && this.#itemEpochs[this.#first]! < limit;
  }

  #compact(): void {
    let first = this.#first;
    if (first === this.#items.length) {
      this.#items = [];
      this.#itemEpochs = [];
      first = 0;
    } else if (first > 4096 && first > this.#items.length / 2) {
      this.#items = this.#items.slice(first);
      this.#itemEpochs = this.#itemEpochs.slice(first);
      first = 0;
    }
    this.#first = first;
  }
}

/** What the end of a reader releases at most: some milliseconds. */
const UNPIN_RELEASES_MAX = 8192;
