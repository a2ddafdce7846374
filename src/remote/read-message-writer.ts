import { WIRE_BYTES, WIRE_FIXED64, WIRE_VARINT } from '../kernels/protobuf-fields.ts';
import { uvarintSize, writeUvarint, writeUvarint64, writeVarint } from '../kernels/varint.ts';

/** Bytes that a varint may take. */
const VARINT_BYTES_MAX = 10;
/** Bytes of a tag of a field number below 16, which all fields here have, and 2 for the one that has not. */
const TAG_BYTES_MAX = 2;
const BYTES_MIN = 64 * 1024;
/** A buffer up to this size is kept for the next message. */
const KEPT_BYTES_MAX = 4 * 1024 * 1024;

/** The message would be larger than the writer's limit. */
export class MessageTooLarge extends Error {}

/**
 * Writes one Protocol Buffers message into a buffer that grows. As in proto3, plain fields of value zero are left out;
 * the `always` forms are for those that belong to a `oneof`.
 */
export class MessageWriter {
  bytes = new Uint8Array(BYTES_MIN);
  length = 0;
  readonly #bytesMax: number;
  readonly #double = new Float64Array(1);
  readonly #halves = new Uint32Array(this.#double.buffer);

  constructor(bytesMax: number) {
    this.#bytesMax = bytesMax;
  }

  /** Begins a new message. What `bytes` held is no longer valid. */
  reset(): void {
    this.length = 0;
    if (this.bytes.length > KEPT_BYTES_MAX) this.bytes = new Uint8Array(BYTES_MIN);
  }

  /** An int64 or an unsigned number, whole and within +-2^53. */
  integer(field: number, value: number): void {
    if (value !== 0) this.integerAlways(field, value);
  }

  integerAlways(field: number, value: number): void {
    this.#reserve(TAG_BYTES_MAX + VARINT_BYTES_MAX);
    this.#tag(field, WIRE_VARINT);
    this.length =
      value >= 0
        ? writeUvarint(this.bytes, this.length, value)
        : writeUvarint64(this.bytes, this.length, value >>> 0, Math.floor(value / 0x100000000) >>> 0);
  }

  zigzag(field: number, value: number): void {
    if (value === 0) return;
    this.#reserve(TAG_BYTES_MAX + VARINT_BYTES_MAX);
    this.#tag(field, WIRE_VARINT);
    this.length = writeVarint(this.bytes, this.length, value);
  }

  double(field: number, value: number): void {
    if (value !== 0) this.doubleAlways(field, value);
  }

  doubleAlways(field: number, value: number): void {
    this.#double[0] = value;
    this.doubleBitsAlways(field, this.#halves[0]!, this.#halves[1]!);
  }

  /** A double by its halves, so that a NaN keeps its payload. Both zeros are left out. */
  doubleBits(field: number, low: number, high: number): void {
    if (low !== 0 || (high & 0x7fffffff) !== 0) this.doubleBitsAlways(field, low, high);
  }

  doubleBitsAlways(field: number, low: number, high: number): void {
    this.#reserve(TAG_BYTES_MAX + 8);
    this.#tag(field, WIRE_FIXED64);
    this.#eight(low, high);
  }

  text(field: number, value: string): void {
    if (value === '') return;
    const size = Buffer.byteLength(value);
    this.#reserve(TAG_BYTES_MAX + VARINT_BYTES_MAX + size);
    this.#tag(field, WIRE_BYTES);
    this.length = writeUvarint(this.bytes, this.length, size);
    Buffer.from(this.bytes.buffer).write(value, this.length);
    this.length += size;
  }

  packedZigzags(field: number, values: readonly number[]): void {
    if (values.length === 0) return;
    const mark = this.begin(field);
    this.#reserve(VARINT_BYTES_MAX * values.length);
    for (const value of values) this.length = writeVarint(this.bytes, this.length, value);
    this.end(mark);
  }

  packedDoubles(field: number, values: readonly number[]): void {
    if (values.length === 0) return;
    const mark = this.begin(field);
    this.#reserve(8 * values.length);
    for (const value of values) {
      this.#double[0] = value;
      this.#eight(this.#halves[0]!, this.#halves[1]!);
    }
    this.end(mark);
  }

  /** Begins a field that is a message; what is written until `end` with the result belongs to it. */
  begin(field: number): number {
    this.#reserve(TAG_BYTES_MAX);
    this.#tag(field, WIRE_BYTES);
    return this.length;
  }

  /** Ends a message: its size, now known, goes before its bytes. */
  end(mark: number): void {
    const size = this.length - mark;
    const prefix = uvarintSize(size);
    this.#reserve(VARINT_BYTES_MAX);
    this.bytes.copyWithin(mark + prefix, mark, this.length);
    writeUvarintExact(this.bytes, mark, size);
    this.length += prefix;
  }

  #tag(field: number, wireType: number): void {
    this.length = writeUvarint(this.bytes, this.length, field * 8 + wireType);
  }

  #eight(low: number, high: number): void {
    const { bytes } = this;
    let at = this.length;
    for (let shift = 0; shift < 32; shift += 8) bytes[at++] = low >>> shift;
    for (let shift = 0; shift < 32; shift += 8) bytes[at++] = high >>> shift;
    this.length = at;
  }

  #reserve(size: number): void {
    const wanted = this.length + size;
    if (wanted <= this.bytes.length) return;
    if (wanted > this.#bytesMax) throw new MessageTooLarge();
    const grown = new Uint8Array(Math.min(this.#bytesMax, Math.max(wanted, 2 * this.bytes.length)));
    grown.set(this.bytes.subarray(0, this.length));
    this.bytes = grown;
  }
}

/** Writes a size byte by byte and touches nothing behind it. */
function writeUvarintExact(bytes: Uint8Array, at: number, value: number): void {
  let rest = value;
  while (rest >= 0x80) {
    bytes[at++] = (rest & 0x7f) | 0x80;
    rest >>>= 7;
  }
  bytes[at] = rest;
}
