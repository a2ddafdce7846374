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

  get(key: string): V | undefined {
    return this.#parts[partOf(key)]?.get(key);
  }

  set(key: string, value: V): void {
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
