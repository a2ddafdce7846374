import { type Annotation, floatText } from './annotation.ts';

/** Reads fields of bits, one line for each, where nothing is aligned to bytes. */
export class ChunkBits {
  readonly #annotation: Annotation;
  readonly #start: number;
  readonly #end: number;
  bit: number;

  /** Bits of the bytes from where the annotation stands up to `end`. */
  constructor(annotation: Annotation, end: number) {
    this.#annotation = annotation;
    this.#start = annotation.at * 8;
    this.#end = end * 8;
    this.bit = this.#start;
  }

  peek(): number {
    if (this.bit >= this.#end) throw new Error(`the chunk ends at bit ${this.bit}`);
    return (this.#annotation.bytes[this.bit >>> 3]! >>> (7 - (this.bit & 7))) & 1;
  }

  digits(count: number): string {
    let text = '';
    for (let i = 0; i < count; i++) {
      text += this.peek();
      this.bit++;
    }
    return text;
  }

  line(from: number, parts: readonly string[], text: string): void {
    const digits = parts.filter((part) => part !== '').join(' ');
    const shown = digits.length > 66 ? `${digits.slice(0, 30)}..${digits.slice(-20)}` : digits;
    this.#annotation.bits(from, shown, text);
  }

  /** Ones up to `most`, and the zero behind fewer. */
  prefix(most: number): string {
    let text = '';
    while (text.length < most && this.peek() === 1) text += this.digits(1);
    return text.length < most ? text + this.digits(1) : text;
  }

  /** A varbit; `isSigned` as differences are. */
  varbit(name: string, isSigned: boolean, show: (value: bigint) => string = String): bigint {
    const from = this.bit;
    const prefix = this.prefix(8);
    const ones = prefix.replace('0', '').length;
    const size = [0, 3, 6, 9, 12, 18, 25, 56, 64][ones]!;
    const payload = this.digits(size);
    let value = payload === '' ? 0n : BigInt(`0b${payload}`);
    if (isSigned && size === 64) value = BigInt.asIntN(64, value);
    else if (isSigned && size > 0 && value > 1n << BigInt(size - 1)) value -= 1n << BigInt(size);
    this.line(from, [prefix, payload], `${name}: ${show(value)}`);
    return value;
  }

  wide(name: string, show: (value: bigint) => string = floatText): bigint {
    const from = this.bit;
    const digits = this.digits(64);
    const value = BigInt(`0b${digits}`);
    this.line(from, [digits], `${name}: ${show(value)}`);
    return value;
  }

  /** What is left of the last byte; the annotation goes on behind it. */
  finish(): void {
    const rest = (8 - (this.bit & 7)) % 8;
    const from = this.bit;
    if (rest > 0) this.line(from, [this.digits(rest)], 'rest of the byte');
    this.#annotation.at = this.bit >>> 3;
  }

  /** Whole bytes, where the position is at one. */
  aligned(read: (annotation: Annotation) => void): void {
    if (this.bit % 8 !== 0) throw new Error(`bit ${this.bit} is not the first of a byte`);
    this.#annotation.at = this.bit >>> 3;
    read(this.#annotation);
    this.bit = this.#annotation.at * 8;
  }
}

/** A value that changes by XOR in windows of significant bits. */
export class XorValue {
  bits = 0n;
  #leading = 0;
  #trailing = 0;

  constructor(first: bigint) {
    this.bits = first;
  }

  /** `0`, `10` and bits, or `11`, a window and bits. */
  next(bits: ChunkBits, name: string): bigint {
    const from = bits.bit;
    const prefix = bits.prefix(2);
    if (prefix === '0') {
      bits.line(from, [prefix], `${name}: the same`);
      return this.bits;
    }
    return this.changed(bits, from, prefix, prefix === '11', name);
  }

  changed(bits: ChunkBits, from: number, prefix: string, isNew: boolean, name: string): bigint {
    let window: string[] = [];
    if (isNew) {
      window = [bits.digits(5), bits.digits(6)];
      const length = Number(`0b${window[1]}`) || 64;
      this.#leading = Number(`0b${window[0]}`);
      this.#trailing = 64 - this.#leading - length;
    }
    const payload = bits.digits(64 - this.#leading - this.#trailing);
    this.bits ^= BigInt(`0b${payload}`) << BigInt(this.#trailing);
    const where = `${isNew ? 'new window' : 'last window'} ${this.#leading}..${64 - this.#trailing}`;
    bits.line(from, [prefix, ...window, payload], `${name}: ${where}, ${floatText(this.bits)}`);
    return this.bits;
  }
}
