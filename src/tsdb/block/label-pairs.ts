const EMPTY = 0;

/**
 * Distinct pairs of a name's and a value's symbol, numbered from 0 in the order of arrival, with how many series have
 * each: what the lists of an index are made of. 20 bytes a pair.
 */
export class LabelPairs {
  names: Uint32Array<ArrayBuffer> = new Uint32Array(1024);
  values: Uint32Array<ArrayBuffer> = new Uint32Array(1024);
  counts: Uint32Array<ArrayBuffer> = new Uint32Array(1024);
  length = 0;
  /** Open addressing: number + 1. */
  #slots = new Uint32Array(4096);

  /** The number of a pair, which is entered where it is new. */
  add(name: number, value: number): number {
    const mask = this.#slots.length - 1;
    let slot = hashOf(name, value) & mask;
    for (;;) {
      const entry = this.#slots[slot]!;
      if (entry === EMPTY) return this.#enter(name, value, slot);
      const pair = entry - 1;
      if (this.names[pair] === name && this.values[pair] === value) return pair;
      slot = (slot + 1) & mask;
    }
  }

  #enter(name: number, value: number, slot: number): number {
    const pair = this.length++;
    if (pair === this.names.length) {
      this.names = grown(this.names);
      this.values = grown(this.values);
      this.counts = grown(this.counts);
    }
    this.names[pair] = name;
    this.values[pair] = value;
    this.#slots[slot] = pair + 1;
    if (2 * this.length > this.#slots.length) this.#rehash();
    return pair;
  }

  #rehash(): void {
    const slots = new Uint32Array(2 * this.#slots.length);
    const mask = slots.length - 1;
    for (let pair = 0; pair < this.length; pair++) {
      let slot = hashOf(this.names[pair]!, this.values[pair]!) & mask;
      while (slots[slot] !== EMPTY) slot = (slot + 1) & mask;
      slots[slot] = pair + 1;
    }
    this.#slots = slots;
  }
}

function hashOf(name: number, value: number): number {
  const hash = Math.imul(Math.imul(name, 0x9e3779b1) ^ value, 0x85ebca6b);
  return hash ^ (hash >>> 15);
}

function grown(array: Uint32Array<ArrayBuffer>): Uint32Array<ArrayBuffer> {
  const larger = new Uint32Array(2 * array.length);
  larger.set(array);
  return larger;
}
