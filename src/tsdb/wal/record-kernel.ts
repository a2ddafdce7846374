import { runInTurns } from '../../std/turns.ts';
import type { SampleColumns } from './compressed-samples.ts';
import { RECORD_KERNEL_BASE64 } from './record-kernel-code.ts';

/** The most samples of a record, and where the columns and the output begin, as `record-kernel.as` draws them. */
export const KERNEL_SAMPLES_MAX = 32 * 1024;
const REFS = 64 * 1024;
const TIMES = REFS + 8 * KERNEL_SAMPLES_MAX;
const VALUES = TIMES + 8 * KERNEL_SAMPLES_MAX;

/** What of the standard is used here; the types of Node leave it out. */
declare const WebAssembly: {
  Module: new (code: Uint8Array) => object;
  Instance: new (module: object, imports: object) => { readonly exports: unknown };
};

interface Exports {
  readonly memory: { readonly buffer: ArrayBuffer };
  readonly recordSize: { readonly value: number };
  readonly start: { readonly value: number };
  init(): void;
  crc32c(from: number, to: number): number;
  compress(count: number): number;
  compressPart(count: number, isFirst: number): number;
}

/** A size as a varint takes so many bytes at most; where it goes in front of a large record. */
const SIZE_BYTES_MAX = 5;
/** Bytes that a sample takes at most. */
const SAMPLE_BYTES_MAX = 32;

/**
 * The WebAssembly module that makes compressed records of samples, and checksums of what it made
 * (`tools/record-kernel/record-kernel.as`): the same bytes as `SampleCompressor`, in half the time.
 */
export class RecordKernel {
  readonly #kernel: Exports;
  /** The kernel's memory; what `compress` made lies in it. */
  readonly #bytes: Uint8Array;
  readonly #refs: Float64Array;
  readonly #times: Float64Array;
  readonly #bits: Uint32Array;
  /** Records begun so far. */
  #begun = 0;

  constructor() {
    const module = new WebAssembly.Module(Buffer.from(RECORD_KERNEL_BASE64, 'base64'));
    this.#kernel = new WebAssembly.Instance(module, {}).exports as Exports;
    this.#kernel.init();
    const { buffer } = this.#kernel.memory;
    this.#bytes = new Uint8Array(buffer);
    this.#refs = new Float64Array(buffer, REFS, KERNEL_SAMPLES_MAX);
    this.#times = new Float64Array(buffer, TIMES, KERNEL_SAMPLES_MAX);
    this.#bits = new Uint32Array(buffer, VALUES, 2 * KERNEL_SAMPLES_MAX);
  }

  /** Bytes of the last record before it was compressed. */
  get recordSize(): number {
    return this.#kernel.recordSize.value;
  }

  /** As `SampleCompressor.compress`; null where that is for others. Valid until the next call. */
  compress(columns: SampleColumns): Uint8Array | null {
    const { from, to } = columns;
    if (to - from > KERNEL_SAMPLES_MAX) return runInTurns(this.compressLarge(columns), null);
    this.#begun++;
    this.#load(columns, from, to);
    const end = this.#kernel.compress(to - from);
    return end === 0 ? null : this.#bytes.subarray(this.#kernel.start.value, end);
  }

  /** A record of more samples than the kernel has room for, part by part, in memory of its own; null where another one came in between. */
  *compressLarge(columns: SampleColumns): Generator<undefined, Uint8Array | null> {
    const { from, to } = columns;
    const number = ++this.#begun;
    let made = new Uint8Array(SIZE_BYTES_MAX + 8 * (to - from));
    let size = SIZE_BYTES_MAX;
    for (let at = from; at < to; at += KERNEL_SAMPLES_MAX) {
      if (at > from) yield;
      if (this.#begun !== number) return null;
      const partEnd = Math.min(to, at + KERNEL_SAMPLES_MAX);
      this.#load(columns, at, partEnd);
      const end = this.#kernel.compressPart(partEnd - at, at === from ? 1 : 0);
      if (end === 0) return null;
      const part = this.#bytes.subarray(this.#kernel.start.value, end);
      if (size + part.length > made.length) {
        const grown = new Uint8Array(size + (to - at) * SAMPLE_BYTES_MAX);
        grown.set(made.subarray(0, size));
        made = grown;
      }
      made.set(part, size);
      size += part.length;
    }
    let start = SIZE_BYTES_MAX;
    let rest = this.recordSize;
    for (let left = rest >>> 7; left > 0; left >>>= 7) start--;
    start--;
    for (let at = start; at < SIZE_BYTES_MAX; at++, rest >>>= 7) {
      made[at] = at < SIZE_BYTES_MAX - 1 ? (rest & 0x7f) | 0x80 : rest;
    }
    return made.subarray(start, size);
  }

  /** CRC-32C of bytes that `compress` made. */
  readonly checksum = (bytes: Uint8Array, start: number, end: number): number => {
    if (bytes.buffer !== this.#bytes.buffer) return this.checksumOf(bytes, start, end);
    return this.#kernel.crc32c(bytes.byteOffset + start, bytes.byteOffset + end) >>> 0;
  };

  /** CRC-32C of at most a page of any bytes; of what `compress` loads nothing stays. */
  readonly checksumOf = (bytes: Uint8Array, start: number, end: number): number => {
    this.#bytes.set(bytes.subarray(start, end), REFS);
    return this.#kernel.crc32c(REFS, REFS + end - start) >>> 0;
  };

  #load({ refs, times, bits, indexes }: SampleColumns, from: number, to: number): void {
    const first = indexes[from]!;
    let at = from + 1;
    while (at < to && indexes[at] === first + at - from) at++;
    if (at === to) {
      const end = first + to - from;
      this.#refs.set(refs.subarray(first, end));
      this.#times.set(times.subarray(first, end));
      this.#bits.set(bits.subarray(2 * first, 2 * end));
      return;
    }
    for (let k = from; k < to; k++) {
      const i = indexes[k]!;
      this.#refs[k - from] = refs[i]!;
      this.#times[k - from] = times[i]!;
      this.#bits[2 * (k - from)] = bits[2 * i]!;
      this.#bits[2 * (k - from) + 1] = bits[2 * i + 1]!;
    }
  }
}
