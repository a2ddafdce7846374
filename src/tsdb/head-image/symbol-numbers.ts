import { doubledUntil } from './doubled.ts';

/**
 * Numbers the symbols that the series of an image have, from 1 on in the order in which they are met: the head's own ids
 * have gaps where symbols are gone.
 */
export class SymbolNumbers {
  /** From the head's ids to numbers, 0 = none yet. */
  #numbers = new Uint32Array(4096);
  /** The way back; that of number 1 stands first. */
  #ids = new Uint32Array(4096);
  #count = 0;

  get count(): number {
    return this.#count;
  }

  /** The head's id of the number `index + 1`. */
  idAt(index: number): number {
    return this.#ids[index]!;
  }

  /** The number of a symbol, which it gets where it has none. */
  of(id: number): number {
    const known = this.#numbers[id];
    return known === undefined || known === 0 ? this.#add(id) : known;
  }

  /** The number that a symbol has, or 0. */
  find(id: number): number {
    return this.#numbers[id] ?? 0;
  }

  #add(id: number): number {
    this.#numbers = doubledUntil(this.#numbers, id + 1);
    this.#ids = doubledUntil(this.#ids, this.#count + 1);
    this.#ids[this.#count++] = id;
    this.#numbers[id] = this.#count;
    return this.#count;
  }
}
