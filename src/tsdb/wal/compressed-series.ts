import { copyRun } from '../../kernels/byte-runs.ts';
import { emitCopy } from '../../kernels/snappy-encode.ts';
import { RECORD } from './record-types.ts';

/** A record that was made compressed: a snappy block, and the bytes that come out of it. */
export interface SnappyRecord {
  readonly snappy: Uint8Array;
  readonly recordSize: number;
}

/**
 * How one label set follows from another one: runs of bytes that both have, in three numbers each: where in it, where in
 * the other one, how many bytes. They rise and do not overlap.
 */
export interface SharedRuns {
  readonly runs: Uint32Array;
  readonly runCount: number;
}

/** The least run that is worth a copy. */
const COPY_MIN = 6;
/** Copies reach this far back. */
const COPY_REACH = 0xffff;
/** Bytes of a ref, and how many of them are the same as before for 65,536 refs. */
const REF_BYTES = 8;
const REF_BYTES_SAME = 6;
/** What a series may take beyond its label set: its ref, tags of literals and copies, and a word that `copyRun` may not pass. */
const SERIES_BYTES_MAX = 256;

const BYTES_AT_FIRST = 64 * 1024;
/** A buffer that only a huge record needed goes. */
const KEPT_BYTES_MAX = 4 * 1024 * 1024;

/**
 * A record of series (`seriesRecord`) compressed while it is made: what a label set has in common with the one before is
 * known to whoever looked it up, so nothing has to be searched.
 *
 * ```text
 * type | ref: 8 bytes, big-endian | label set | ref | label set | ...
 *        ......                                                      as in the series before
 *                                   ......................           runs of it, as in the series before
 * ```
 *
 * Everything else is literals. Of ten labels that differ in one or two, a series takes some 25 bytes of 270.
 */
export class SeriesCompressor {
  #bytes: Uint8Array<ArrayBuffer> = new Uint8Array(BYTES_AT_FIRST);
  #view = new DataView(this.#bytes.buffer);
  #end = 0;
  /** How far the record goes; `#end` is the same place in what is made of it. */
  #size = 0;
  /** The last series: where in the record it begins, and its ref. */
  #lastPlace = 0;
  #lastRef = 0;

  constructor() {
    this.begin();
  }

  /** Begins a record. */
  begin(): void {
    if (this.#bytes.length > KEPT_BYTES_MAX) {
      this.#bytes = new Uint8Array(BYTES_AT_FIRST);
      this.#view = new DataView(this.#bytes.buffer);
    }
    // The size goes before: a varint of five bytes at most that ends here.
    this.#bytes[SIZE_BYTES_MAX] = 0;
    this.#bytes[SIZE_BYTES_MAX + 1] = RECORD.series;
    this.#end = SIZE_BYTES_MAX + 2;
    this.#size = 1;
  }

  /** The record so far; valid until the next change. */
  record(): SnappyRecord {
    let start = SIZE_BYTES_MAX;
    for (let rest = this.#size >>> 7; rest > 0; rest >>>= 7) start--;
    start--;
    let rest = this.#size;
    for (let at = start; at < SIZE_BYTES_MAX; at++, rest >>>= 7) {
      this.#bytes[at] = at < SIZE_BYTES_MAX - 1 ? (rest & 0x7f) | 0x80 : rest;
    }
    return { snappy: this.#bytes.subarray(start, this.#end), recordSize: this.#size };
  }

  /** Bytes of the record so far. */
  get recordSize(): number {
    return this.#size;
  }

  /** Adds a series with the labels `view[start..end-1]`, the first one of the record. */
  addFirst(ref: number, view: DataView, start: number, end: number): void {
    this.#reserve(end - start);
    this.#addLiteral(REF_BYTES, ref, view, start, end);
    this.#added(ref, end - start);
  }

  /** Adds a further series, whose labels `view[start..end-1]` share runs with those of the one before. */
  add(ref: number, view: DataView, start: number, end: number, { runs, runCount }: SharedRuns): void {
    this.#reserve(end - start);
    /** From the beginning of the last series to that of this one. */
    const stride = this.#size - this.#lastPlace;
    let refBytes = REF_BYTES;
    if (stride <= COPY_REACH && Math.floor(ref / 0x10000) === Math.floor(this.#lastRef / 0x10000)) {
      this.#end = emitCopy(this.#bytes, this.#end, stride, REF_BYTES_SAME);
      refBytes -= REF_BYTES_SAME;
    }
    let at = start;
    for (let i = 0; i < 3 * runCount; i += 3) {
      const from = start + runs[i]!;
      const offset = stride + runs[i]! - runs[i + 1]!;
      const size = runs[i + 2]!;
      if (size < COPY_MIN || offset > COPY_REACH) continue;
      this.#addLiteral(refBytes, ref, view, at, from);
      refBytes = 0;
      this.#end = emitCopy(this.#bytes, this.#end, offset, size);
      at = from + size;
    }
    this.#addLiteral(refBytes, ref, view, at, end);
    this.#added(ref, end - start);
  }

  #added(ref: number, labelsSize: number): void {
    this.#lastPlace = this.#size;
    this.#lastRef = ref;
    this.#size += REF_BYTES + labelsSize;
  }

  /** The last `refBytes` bytes of a ref and what is in `view[from..to-1]`. */
  #addLiteral(refBytes: number, ref: number, view: DataView, from: number, to: number): void {
    const size = refBytes + to - from;
    if (size === 0) return;
    const bytes = this.#bytes;
    let at = this.#end;
    const last = size - 1;
    if (last < 60) bytes[at++] = last << 2;
    else {
      const count = last < 0x100 ? 1 : last < 0x10000 ? 2 : last < 0x1000000 ? 3 : 4;
      bytes[at++] = (59 + count) << 2;
      for (let i = 0, rest = last; i < count; i++, rest >>>= 8) bytes[at++] = rest;
    }
    if (refBytes === REF_BYTES) {
      this.#view.setUint32(at, Math.floor(ref / 0x100000000) >>> 0);
      this.#view.setUint32(at + 4, ref >>> 0);
    } else if (refBytes > 0) {
      this.#view.setUint16(at, ref & 0xffff);
    }
    at += refBytes;
    copyRun(view, from, this.#view, at, to - from);
    this.#end = at + to - from;
  }

  /** Copies take three bytes for each run of 60 and more, which are as many bytes less of literals. */
  #reserve(labelsSize: number): void {
    const room = this.#end + labelsSize + SERIES_BYTES_MAX;
    if (room <= this.#bytes.length) return;
    const grown = new Uint8Array(2 * room);
    grown.set(this.#bytes.subarray(0, this.#end));
    this.#bytes = grown;
    this.#view = new DataView(grown.buffer);
  }
}

/** Bytes of a size, of which a snappy block has one in front. */
const SIZE_BYTES_MAX = 5;
