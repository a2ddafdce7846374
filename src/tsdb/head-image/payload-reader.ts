import { readUvarint64, readVarint64, signedFromHalves, unsignedFromHalves } from '../../kernels/varint.ts';

/** What a payload says is not what its bytes hold. Never leaves the reading of an image. */
export class MalformedPayload extends Error {
  override readonly name = 'MalformedPayload';
}

/** Reads the fields of a frame one after the other; throws `MalformedPayload` where one does not fit into it. */
export class PayloadReader {
  readonly bytes: Uint8Array;
  at = 0;
  readonly view: DataView;
  readonly #halves = new Uint32Array(2);

  constructor(bytes: Uint8Array) {
    this.bytes = bytes;
    this.view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  }

  get left(): number {
    return this.bytes.length - this.at;
  }

  byte(): number {
    this.#need(1);
    return this.bytes[this.at++]!;
  }

  uint32(): number {
    this.#need(4);
    this.at += 4;
    return this.view.getUint32(this.at - 4);
  }

  float64(): number {
    this.#need(8);
    this.at += 8;
    return this.view.getFloat64(this.at - 8);
  }

  uvarint(): number {
    const first = this.bytes[this.at];
    if (first !== undefined && first < 0x80) {
      this.at++;
      return first;
    }
    const next = readUvarint64(this.bytes, this.at, this.bytes.length, this.#halves);
    if (next < 0) throw new MalformedPayload(`a malformed integer at byte ${this.at}`);
    this.at = next;
    return unsignedFromHalves(this.#halves[0]!, this.#halves[1]!);
  }

  varint(): number {
    const next = readVarint64(this.bytes, this.at, this.bytes.length, this.#halves);
    if (next < 0) throw new MalformedPayload(`a malformed integer at byte ${this.at}`);
    this.at = next;
    return signedFromHalves(this.#halves[0]!, this.#halves[1]!);
  }

  /** An integer of at most `most`. */
  count(most: number): number {
    const value = this.uvarint();
    if (value > most) throw new MalformedPayload(`${value} at byte ${this.at} is above ${most}`);
    return value;
  }

  /** Steps over `size` bytes; returns where they begin. */
  skip(size: number): number {
    this.#need(size);
    this.at += size;
    return this.at - size;
  }

  #need(size: number): void {
    if (size > this.left) throw new MalformedPayload(`the payload ends at byte ${this.bytes.length}, inside a field`);
  }
}
