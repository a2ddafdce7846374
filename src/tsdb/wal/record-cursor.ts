import { readUvarint64, readVarint64, signedFromHalves, unsignedFromHalves } from '../../kernels/varint.ts';
import { type Labels, labelsFromPairs } from '../../model/labels.ts';
import { TextInterner } from './text-interner.ts';

/** What a record says is not what its bytes hold. Never leaves the decoder. */
export class MalformedRecord extends Error {
  override readonly name = 'MalformedRecord';
}

/** Reads the fields of one record after the other; throws `MalformedRecord` where one does not fit into the record. */
export class RecordCursor {
  bytes: Uint8Array = new Uint8Array(0);
  at = 0;
  end = 0;
  /** The last varint or int64 that was read, as 64-bit halves: low, high. */
  readonly halves = new Uint32Array(2);
  readonly #interner = new TextInterner();
  #view: DataView = new DataView(new ArrayBuffer(0));

  begin(bytes: Uint8Array): void {
    this.bytes = bytes;
    this.#view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
    this.at = 0;
    this.end = bytes.length;
  }

  get left(): number {
    return this.end - this.at;
  }

  byte(): number {
    this.#need(1);
    return this.bytes[this.at++]!;
  }

  /** Exact up to 2^53, the nearest double above. */
  uvarint(): number {
    const next = readUvarint64(this.bytes, this.at, this.end, this.halves);
    if (next < 0) throw new MalformedRecord(`a malformed integer at byte ${this.at}`);
    this.at = next;
    return unsignedFromHalves(this.halves[0]!, this.halves[1]!);
  }

  /** Exact within +-2^53, the nearest double beyond; `halves` is exact. */
  varint(): number {
    const next = readVarint64(this.bytes, this.at, this.end, this.halves);
    if (next < 0) throw new MalformedRecord(`a malformed integer at byte ${this.at}`);
    this.at = next;
    return signedFromHalves(this.halves[0]!, this.halves[1]!);
  }

  /** Big-endian; exactness as `varint`. */
  int64(): number {
    this.#need(8);
    this.halves[1] = this.#view.getUint32(this.at);
    this.halves[0] = this.#view.getUint32(this.at + 4);
    this.at += 8;
    return signedFromHalves(this.halves[0]!, this.halves[1]!);
  }

  float64(): number {
    this.#need(8);
    this.at += 8;
    return this.#view.getFloat64(this.at - 8);
  }

  /** How many items follow, each of at least `itemSize` bytes: a count that the record has no bytes for is refused. */
  count(itemSize: number): number {
    const count = this.uvarint();
    if (count * itemSize > this.left) throw new MalformedRecord(`${count} items in ${this.left} bytes`);
    return count;
  }

  text(): string {
    const size = this.count(1);
    const start = this.at;
    this.at += size;
    try {
      return this.#interner.text(this.bytes, start, this.at);
    } catch {
      throw new MalformedRecord(`a text at byte ${start} is not UTF-8`);
    }
  }

  labels(): Labels {
    const count = this.count(2);
    const pairs = new Array<string>(2 * count);
    for (let i = 0; i < pairs.length; i++) pairs[i] = this.text();
    return labelsFromPairs(pairs);
  }

  #need(count: number): void {
    if (this.left < count) throw new MalformedRecord(`the record ends at byte ${this.end}, inside a field`);
  }
}
