import { LONG_TEXT_UNITS, LongTextMap } from './long-text-map.ts';

/** A power of two. */
const PARTS = 64;
/** Characters at the end of a key that choose its part: keys that are many differ there. */
const CHARACTERS = 6;

/**
 * A map of texts that may have millions of entries. V8 copies a `Map` whole when it grows, which takes 80 ms for a million entries and
 * nothing can end meanwhile; this one grows in parts.
 */
export class TextMap<V> {
  readonly #parts: (Map<string, V> | undefined)[] = [];
  readonly #long: LongTextMap<V>;

  /** `comparing` is told of the units of each long key that another one is compared with. */
  constructor(comparing: (units: number) => void) {
    this.#long = new LongTextMap(comparing);
  }

  get(key: string): V | undefined {
    if (key.length >= LONG_TEXT_UNITS) return this.#long.get(key);
    return this.#parts[partOf(key)]?.get(key);
  }

  set(key: string, value: V): void {
    if (key.length >= LONG_TEXT_UNITS) {
      this.#long.set(key, value);
      return;
    }
    const part = partOf(key);
    const map = this.#parts[part];
    if (map === undefined) this.#parts[part] = new Map([[key, value]]);
    else map.set(key, value);
  }
}

function partOf(key: string): number {
  let hash = key.length;
  for (let i = Math.max(0, key.length - CHARACTERS); i < key.length; i++) {
    hash = Math.imul(hash ^ key.charCodeAt(i), 0x9e3779b1);
  }
  return (hash >>> 16) % PARTS;
}
