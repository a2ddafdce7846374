import { crc32c } from '../../src/kernels/crc32c.ts';

const HEX_PER_LINE = 12;
const TEXT_COLUMN = 8 + 3 * HEX_PER_LINE + 2;

/**
 * Bytes with what each of them means, line by line: `offset  bytes  meaning`. Fields are taken one after the other, so
 * that no byte is left out; integers are read here anew, on purpose, and not by the readers that they are to check.
 */
export class Annotation {
  readonly lines: string[] = [];
  readonly bytes: Uint8Array;
  at = 0;
  #indent = '';

  constructor(bytes: Uint8Array) {
    this.bytes = bytes;
  }

  get left(): number {
    return this.bytes.length - this.at;
  }

  /** A line that is about no bytes. */
  title(text: string): void {
    this.lines.push(`${this.#indent}${text}`.trimEnd());
  }

  /** What `write` adds stands further to the right. */
  nested(write: () => void): void {
    const before = this.#indent;
    this.#indent += '  ';
    write();
    this.#indent = before;
  }

  field(size: number, text: string): Uint8Array {
    const { at, bytes } = this;
    if (size > this.left) throw new Error(`${text}: ${size} bytes are asked for at ${at}, and ${this.left} are left`);
    const found = bytes.subarray(at, at + size);
    this.#write(at, found, text);
    this.at += size;
    return found;
  }

  /** A big-endian unsigned integer. */
  uint(size: number, name: string, show: (value: bigint) => string = String): bigint {
    const value = unsigned(this.bytes.subarray(this.at, this.at + size));
    this.field(size, `${name}: ${show(value)}`);
    return value;
  }

  /** A little-endian one. */
  littleUint(size: number, name: string, show: (value: bigint) => string = String): bigint {
    const value = unsigned(this.bytes.slice(this.at, this.at + size).reverse());
    this.field(size, `${name}: ${show(value)}`);
    return value;
  }

  /** A little-endian double. */
  littleFloat64(name: string): void {
    this.littleUint(8, name, floatText);
  }

  int64(name: string): bigint {
    const value = BigInt.asIntN(64, unsigned(this.bytes.subarray(this.at, this.at + 8)));
    this.field(8, `${name}: ${value}`);
    return value;
  }

  float64(name: string): void {
    this.field(8, `${name}: ${floatText(unsigned(this.bytes.subarray(this.at, this.at + 8)))}`);
  }

  uvarint(name: string, show: (value: bigint) => string = String): bigint {
    let value = 0n;
    let size = 0;
    for (let shift = 0n; ; shift += 7n) {
      const byte = this.bytes[this.at + size++];
      if (byte === undefined) throw new Error(`${name}: the bytes end inside an integer at ${this.at}`);
      value |= BigInt(byte & 0x7f) << shift;
      if (byte < 0x80) break;
    }
    this.field(size, `${name}: ${show(value)}`);
    return value;
  }

  varint(name: string, show: (value: bigint) => string = String): bigint {
    let value = 0n;
    this.uvarint(name, (zigzag) => {
      value = (zigzag >> 1n) ^ -(zigzag & 1n);
      return show(value);
    });
    return value;
  }

  /** Its length and its bytes. */
  text(name: string): string {
    const start = this.at;
    let size = 0;
    let shift = 0;
    for (;;) {
      const byte = this.bytes[this.at++];
      if (byte === undefined) throw new Error(`${name}: the bytes end inside an integer at ${start}`);
      size |= (byte & 0x7f) << shift;
      shift += 7;
      if (byte < 0x80) break;
    }
    const text = new TextDecoder().decode(this.bytes.subarray(this.at, this.at + size));
    const total = this.at + size - start;
    this.at = start;
    this.field(total, `${name}: ${JSON.stringify(text)}`);
    return text;
  }

  /** A checksum of the bytes from `from` to here. */
  checksum(from: number): void {
    const wanted = crc32c(this.bytes, from, this.at, 0);
    const found = Number(unsigned(this.bytes.subarray(this.at, this.at + 4)));
    const verdict = found === wanted ? 'right' : 'WRONG';
    this.field(4, `CRC-32C of the ${this.at - from} bytes before, ${verdict}`);
  }

  /** Zeros up to a multiple of `alignment`. */
  padding(alignment: number): void {
    const size = (alignment - (this.at % alignment)) % alignment;
    if (size > 0) this.field(size, 'padding');
  }

  /** A field of bits inside the bytes; `bit` counts from the first byte. */
  bits(bit: number, digits: string, text: string): void {
    const place = `${hexOffset(bit >>> 3)}.${bit & 7}`;
    this.lines.push(`${this.#indent}${`${place}  ${digits}`.padEnd(TEXT_COLUMN - 2)}  ${text}`);
  }

  #write(at: number, bytes: Uint8Array, text: string): void {
    for (let i = 0; i === 0 || i < bytes.length; i += HEX_PER_LINE) {
      const hex = Array.from(bytes.subarray(i, i + HEX_PER_LINE), (byte) => byte.toString(16).padStart(2, '0'));
      const line = `${hexOffset(at + i)}  ${hex.join(' ')}`;
      this.lines.push(`${this.#indent}${i === 0 ? line.padEnd(TEXT_COLUMN) + text : line}`.trimEnd());
    }
  }
}

function unsigned(bytes: Uint8Array): bigint {
  let value = 0n;
  for (const byte of bytes) value = (value << 8n) | BigInt(byte);
  return value;
}

/** A double by its bits; what is no ordinary number is shown with them. */
export function floatText(bits: bigint): string {
  const view = new DataView(new ArrayBuffer(8));
  view.setBigUint64(0, bits);
  const value = view.getFloat64(0);
  if (bits === 0x7ff0000000000002n) return 'stale marker';
  if (Number.isNaN(value)) return `NaN 0x${bits.toString(16)}`;
  return Object.is(value, -0) ? '-0' : String(value);
}

function hexOffset(offset: number): string {
  return offset.toString(16).padStart(6, '0');
}
