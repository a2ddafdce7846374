import { stringFromUtf8 } from '../../model/utf8.ts';

/**
 * Turns bytes into strings, the same bytes into the same string without decoding them again: labels of a log are a few
 * thousand texts, repeated for every series. Forgets everything when it is full, so its memory is bounded.
 */
export class TextInterner {
  #strings: string[] = [];
  /** Bytes of text `i` are `#bytes[#ends[i - 1] .. #ends[i] - 1]`. */
  #bytes = new Uint8Array(64 * 1024);
  #ends = new Uint32Array(1024);
  /** Open addressing: text index + 1, or 0. A power of two, at most half full. */
  #slots = new Uint32Array(4096);

  /** Throws a `TypeError` where the bytes are not UTF-8. */
  text(bytes: Uint8Array, start: number, end: number): string {
    const size = end - start;
    if (size > TEXT_BYTES_MAX) return stringFromUtf8(bytes.subarray(start, end));
    const mask = this.#slots.length - 1;
    let slot = hash(bytes, start, end) & mask;
    for (let entry = this.#slots[slot]!; entry !== 0; entry = this.#slots[slot]!) {
      if (this.#equals(entry - 1, bytes, start, size)) return this.#strings[entry - 1]!;
      slot = (slot + 1) & mask;
    }
    const text = stringFromUtf8(bytes.subarray(start, end));
    this.#add(slot, text, bytes, start, end);
    return text;
  }

  #equals(index: number, bytes: Uint8Array, start: number, size: number): boolean {
    const from = index === 0 ? 0 : this.#ends[index - 1]!;
    if (this.#ends[index]! - from !== size) return false;
    for (let i = 0; i < size; i++) if (this.#bytes[from + i] !== bytes[start + i]) return false;
    return true;
  }

  #add(slot: number, text: string, bytes: Uint8Array, start: number, end: number): void {
    const index = this.#strings.length;
    const from = index === 0 ? 0 : this.#ends[index - 1]!;
    const to = from + end - start;
    if (index === TEXTS_MAX) {
      this.#forget();
      return;
    }
    if (to > this.#bytes.length) this.#bytes = grown(this.#bytes, new Uint8Array(2 * to));
    if (index === this.#ends.length) this.#ends = grown(this.#ends, new Uint32Array(2 * index));
    this.#bytes.set(bytes.subarray(start, end), from);
    this.#ends[index] = to;
    this.#strings.push(text);
    this.#slots[slot] = index + 1;
    if (2 * this.#strings.length > this.#slots.length) this.#rehash();
  }

  #rehash(): void {
    const slots = new Uint32Array(2 * this.#slots.length);
    const mask = slots.length - 1;
    let from = 0;
    for (let index = 0; index < this.#strings.length; index++) {
      const to = this.#ends[index]!;
      let slot = hash(this.#bytes, from, to) & mask;
      while (slots[slot] !== 0) slot = (slot + 1) & mask;
      slots[slot] = index + 1;
      from = to;
    }
    this.#slots = slots;
  }

  #forget(): void {
    this.#strings = [];
    this.#slots.fill(0);
  }
}

/** Longer texts are rare and seldom repeat. */
const TEXT_BYTES_MAX = 256;
/** With short texts some 20 MB; beyond it, everything is forgotten and learned again. */
const TEXTS_MAX = 1 << 18;

/** FNV-1a with a final mix, because open addressing uses the low bits. */
function hash(bytes: Uint8Array, start: number, end: number): number {
  let value = 0x811c9dc5;
  for (let at = start; at < end; at++) value = Math.imul(value ^ bytes[at]!, 0x01000193);
  value ^= value >>> 15;
  value = Math.imul(value, 0x2c1b3c6d);
  return value ^ (value >>> 13);
}

function grown<T extends Uint8Array<ArrayBuffer> | Uint32Array<ArrayBuffer>>(from: T, to: T): T {
  to.set(from);
  return to;
}
