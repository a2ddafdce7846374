import { copyRun } from '../../kernels/byte-runs.ts';
import { writeUvarint, writeVarint, writeVarint64 } from '../../kernels/varint.ts';
import type { Labels } from '../../model/labels.ts';

const TWO_32 = 0x100000000;
const encoder = new TextEncoder();

/**
 * Bytes of one record as it grows. `bytes` and `view` are replaced when it grows, so fetch them after `reserve`.
 * One buffer serves all records of a thread, one after the other; `take` copies the finished record out.
 */
export class RecordBuffer {
  bytes = new Uint8Array(64 * 1024);
  view = new DataView(this.bytes.buffer);
  size = 0;

  /** Starts a record of this type. */
  begin(type: number): void {
    this.bytes[0] = type;
    this.size = 1;
  }

  /** A copy of the finished record; lets go of memory that only a huge record needed. */
  take(): Uint8Array {
    const record = this.bytes.slice(0, this.size);
    if (this.bytes.length > KEPT_BYTES_MAX) this.#resize(KEPT_BYTES_MAX);
    return record;
  }

  /** Starts again after a record that was looked at in place; lets go of memory as `take` does. */
  restart(type: number): void {
    if (this.bytes.length > KEPT_BYTES_MAX) this.#resize(64 * 1024);
    this.begin(type);
  }

  /** Makes room for `count` more bytes. */
  reserve(count: number): void {
    if (this.size + count <= this.bytes.length) return;
    const kept = this.bytes.subarray(0, this.size);
    this.#resize(Math.max(this.size + count, 2 * this.bytes.length));
    this.bytes.set(kept);
  }

  byte(value: number): void {
    this.reserve(1);
    this.bytes[this.size++] = value;
  }

  uvarint(value: number): void {
    this.reserve(10);
    this.size = writeUvarint(this.bytes, this.size, value);
  }

  varint(value: number): void {
    this.reserve(10);
    this.size = writeVarint(this.bytes, this.size, value);
  }

  /** `value - base` as a zigzag varint, exact also where the difference of two integers exceeds 2^53. */
  delta(value: number, base: number): void {
    this.reserve(10);
    this.size = writeDelta(this.bytes, this.size, value, base);
  }

  /** A 64-bit big-endian integer, two's complement. */
  int64(value: number): void {
    this.reserve(8);
    this.view.setUint32(this.size, Math.floor(value / TWO_32) >>> 0);
    this.view.setUint32(this.size + 4, value >>> 0);
    this.size += 8;
  }

  float64(value: number): void {
    this.reserve(8);
    this.view.setFloat64(this.size, value);
    this.size += 8;
  }

  /** Size of the UTF-8 bytes, then the bytes. Short ASCII, the usual case of labels, takes no detour. */
  text(text: string): void {
    const { length } = text;
    this.reserve(10 + 3 * length);
    const { bytes } = this;
    if (length < 0x80) {
      const start = this.size + 1;
      let i = 0;
      for (; i < length; i++) {
        const unit = text.charCodeAt(i);
        if (unit >= 0x80) break;
        bytes[start + i] = unit;
      }
      if (i === length) {
        bytes[this.size] = length;
        this.size = start + length;
        return;
      }
    }
    const utf8 = encoder.encode(text);
    this.uvarint(utf8.length);
    bytes.set(utf8, this.size);
    this.size += utf8.length;
  }

  labels({ pairs }: Labels): void {
    this.uvarint(pairs.length / 2);
    for (const text of pairs) this.text(text);
  }

  /** Bytes as they are. */
  raw(bytes: Uint8Array, start: number, end: number): void {
    this.reserve(end - start);
    const target = this.bytes;
    let at = this.size;
    for (let from = start; from < end; from++) target[at++] = bytes[from]!;
    this.size = at;
  }

  /** Bytes as they are, few of them, from `start` to `end` of a view. */
  run(view: DataView, start: number, end: number): void {
    this.reserve(end - start);
    copyRun(view, start, this.view, this.size, end - start);
    this.size += end - start;
  }

  #resize(capacity: number): void {
    this.bytes = new Uint8Array(capacity);
    this.view = new DataView(this.bytes.buffer);
  }
}

/** Writes `value - base` as a zigzag varint; returns the offset behind it. Both are integers within +-2^53. */
export function writeDelta(bytes: Uint8Array, at: number, value: number, base: number): number {
  const delta = value - base;
  if (delta >= -Number.MAX_SAFE_INTEGER && delta <= Number.MAX_SAFE_INTEGER) return writeVarint(bytes, at, delta);
  const low = (value >>> 0) - (base >>> 0);
  const high = Math.floor(value / TWO_32) - Math.floor(base / TWO_32) - (low < 0 ? 1 : 0);
  return writeVarint64(bytes, at, low >>> 0, high | 0);
}

/** A commit of 100,000 samples needs 1.5 MB; keeping more for the next one is not worth the memory. */
const KEPT_BYTES_MAX = 4 * 1024 * 1024;
