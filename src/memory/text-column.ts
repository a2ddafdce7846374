const FIRST_BYTES = 4096;
const FIRST_TEXTS = 256;

/** UTF-8 texts one after the other: a list of them that costs 4 bytes each besides their own, and no object. */
export class TextColumn {
  /** The bytes of all texts; replaced when it grows. */
  bytes: Uint8Array<ArrayBuffer>;
  /** Where each text ends in `bytes`, which is where the next one begins; replaced when it grows. */
  ends: Uint32Array<ArrayBuffer>;
  /** How many texts there are, and bytes of all of them. Who writes into `bytes` and `ends` after `reserve` moves both on. */
  length = 0;
  size = 0;

  constructor(texts = FIRST_TEXTS, bytes = FIRST_BYTES) {
    this.bytes = new Uint8Array(bytes);
    this.ends = new Uint32Array(texts);
  }

  get bytesInUse(): number {
    return this.bytes.length + this.ends.byteLength;
  }

  start(place: number): number {
    return place === 0 ? 0 : this.ends[place - 1]!;
  }

  text(place: number): string {
    return Buffer.from(this.bytes.buffer).toString('utf8', this.start(place), this.ends[place]!);
  }

  /** Appends `source[from .. to-1]`, which must be a whole text. */
  push(source: Uint8Array, from: number, to: number): void {
    const length = to - from;
    this.reserve(1, length);
    const { bytes } = this;
    let at = this.size;
    if (length > RUN_MAX) {
      bytes.set(source.subarray(from, to), at);
      at += length;
    } else for (let i = from; i < to; i++) bytes[at++] = source[i]!;
    this.ends[this.length++] = at;
    this.size = at;
  }

  pushText(text: string): void {
    // A UTF-16 unit takes at most three bytes.
    this.reserve(1, 3 * text.length);
    this.size += encoder.encodeInto(text, this.bytes.subarray(this.size)).written;
    this.ends[this.length++] = this.size;
  }

  /** As negative, 0 or positive number how a text stands to one of another column in the order of their bytes. */
  compare(place: number, other: TextColumn, otherPlace: number): number {
    const a = this.bytes;
    const b = other.bytes;
    const aEnd = this.ends[place]!;
    const bEnd = other.ends[otherPlace]!;
    let i = this.start(place);
    let j = other.start(otherPlace);
    const difference = aEnd - i - (bEnd - j);
    const end = difference > 0 ? i + (bEnd - j) : aEnd;
    for (; i < end; i++, j++) if (a[i] !== b[j]) return a[i]! - b[j]!;
    return difference;
  }

  /** Makes room for more texts, and for more bytes. */
  reserve(texts: number, size: number): void {
    if (this.size + size > this.bytes.length) {
      const bytes = new Uint8Array(Math.max(2 * this.bytes.length, this.size + size));
      bytes.set(this.bytes.subarray(0, this.size));
      this.bytes = bytes;
    }
    if (this.length + texts > this.ends.length) {
      const ends = new Uint32Array(Math.max(2 * this.ends.length, this.length + texts));
      ends.set(this.ends.subarray(0, this.length));
      this.ends = ends;
    }
  }
}

/** Longer texts are copied by the built-in, whose call costs as much as so many bytes. */
const RUN_MAX = 64;
const encoder = new TextEncoder();
