import { crc32c } from '../../kernels/crc32c.ts';

/**
 * Records to pages. A segment is a row of pages of 32 KiB; a record is cut into fragments so that none crosses a page:
 *
 *     fragment   type u8 | size u16 | crc32c(data) u32 | data        (big-endian; the checksum is not masked)
 *     type       000 zstd snappy kkk
 *                kkk: 0 the rest of the page is zeros, 1 whole record, 2 first, 3 middle, 4 last fragment
 *
 * Where fewer than seven bytes of a page are left, they are zeros. Full text: docs/formats/wal.md.
 */
export const PAGE_SIZE = 32 * 1024;
export const HEADER_SIZE = 7;
const FRAGMENT_DATA_MAX = PAGE_SIZE - HEADER_SIZE;

export const FRAGMENT = { padding: 0, whole: 1, first: 2, middle: 3, last: 4 } as const;
export const KIND_MASK = 0x07;
export const SNAPPY_FLAG = 0x08;
export const ZSTD_FLAG = 0x10;
export const RESERVED_MASK = 0xe0;

/** CRC-32C of `bytes[start..end-1]`. */
export type Checksum = (bytes: Uint8Array, start: number, end: number) => number;

export function plainChecksum(bytes: Uint8Array, start: number, end: number): number {
  return crc32c(bytes, start, end, 0);
}

/** Upper bound of what `frameRecord` makes of `size` bytes, wherever in a page they begin. */
export function framedSizeMax(size: number): number {
  return size + (Math.ceil(size / FRAGMENT_DATA_MAX) + 2) * 2 * HEADER_SIZE;
}

/**
 * Writes the fragments of `record` to `target` from `at` on; the byte at `at` will stand at `position` in the segment.
 * `flags` is 0, `SNAPPY_FLAG` or `ZSTD_FLAG`; `checksum` is for where the record lies where there is a quicker one. Returns the offset behind the last byte.
 */
export function frameRecord(
  record: Uint8Array,
  size: number,
  flags: number,
  target: Uint8Array,
  at: number,
  position: number,
  checksum: Checksum = plainChecksum,
): number {
  return new RecordFrames(record, size, flags, checksum).write(target, at, position, Number.POSITIVE_INFINITY);
}

/** The fragments of one record, which are written part by part. */
export class RecordFrames {
  readonly #record: Uint8Array;
  readonly #size: number;
  readonly #flags: number;
  readonly #checksum: Checksum;
  #from = 0;
  #isBegun = false;
  /** All of them are written. */
  isDone = false;

  /** As for `frameRecord`. */
  constructor(record: Uint8Array, size: number, flags: number, checksum: Checksum) {
    this.#record = record;
    this.#size = size;
    this.#flags = flags;
    this.#checksum = checksum;
  }

  /** As `frameRecord`, until `bytesMax` bytes of the record are written, or a page more. */
  write(target: Uint8Array, at: number, position: number, bytesMax: number): number {
    const shift = at - position;
    const stop = this.#from + bytesMax;
    let to = at;
    // A first fragment may be empty: exactly a header's room was left in the page.
    do {
      const from = this.#from;
      const gap = gapAt(to - shift);
      target.fill(0, to, to + gap);
      to += gap;
      const room = PAGE_SIZE - ((to - shift) % PAGE_SIZE) - HEADER_SIZE;
      const count = Math.min(room, this.#size - from);
      this.isDone = from + count === this.#size;
      const last = this.isDone ? FRAGMENT.last : FRAGMENT.middle;
      const first = this.isDone ? FRAGMENT.whole : FRAGMENT.first;
      const crc = this.#checksum(this.#record, from, from + count);
      target[to] = (this.#isBegun ? last : first) | this.#flags;
      target[to + 1] = count >>> 8;
      target[to + 2] = count;
      target[to + 3] = crc >>> 24;
      target[to + 4] = crc >>> 16;
      target[to + 5] = crc >>> 8;
      target[to + 6] = crc;
      to += HEADER_SIZE;
      target.set(this.#record.subarray(from, from + count), to);
      to += count;
      this.#from += count;
      this.#isBegun = true;
    } while (!this.isDone && this.#from < stop);
    return to;
  }
}

/** Zeros that `position` needs so that a header fits into its page. */
function gapAt(position: number): number {
  const left = PAGE_SIZE - (position % PAGE_SIZE);
  return left < HEADER_SIZE ? left : 0;
}

/** Zeros that `position` needs so that what follows begins a page. */
export function gapToPage(position: number): number {
  return (PAGE_SIZE - (position % PAGE_SIZE)) % PAGE_SIZE;
}
