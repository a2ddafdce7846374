import { crc32c } from '../../kernels/crc32c.ts';
import { crc32cShift } from '../../kernels/crc32c-shift.ts';
import type { FileHandle, FileSystem } from '../../std/file-system.ts';
import { readUint32 } from '../block/section-scan.ts';
import { DamagedFile } from '../damaged-file.ts';
import { CHECKSUM_BYTES, headChunkDataOffset, headChunkEntryBytes, headChunksFileName } from './head-chunk-format.ts';
import { HEAD_CHUNK_SLOTS_MAX, type HeadChunkSlots } from './head-chunk-slots.ts';

/**
 * Pages of 8 KiB at multiples of that, each with what an ordinary entry that begins in it may reach beyond it: 256 of
 * them are 2.4 MiB. A read of 8 KiB that the host's cache answers costs hardly more than one of 256 bytes (1.8 against
 * 1.4 µs), and chunks that were sealed together lie together.
 */
const PAGE_LOG2 = 13;
const PAGE_BYTES = 1 << PAGE_LOG2;
const OVERLAP_BYTES = 1536;
const STRIDE = PAGE_BYTES + OVERLAP_BYTES;
const PAGES = 256;
/**
 * For who reads every chunk of the head, in the order of labels: the chunks of a target that were sealed together lie
 * together, and their series come by turns with those of other targets. Room for as many pages as there are targets times
 * chunks of a series, 78 MiB where all are needed.
 */
export const PAGES_FOR_ALL = 8192;
/** A page may be in any place of its set; the one that came first makes room. */
const SET_PAGES = 4;

/** Where `chunks_head/` is. */
export interface HeadChunkDirectory {
  readonly fileSystem: FileSystem;
  readonly directory: string;
}

/**
 * Reads chunks out of `chunks_head/`, one thread's view of it: files are opened when they are first asked for and closed
 * when their slot is free. Every read but `unproven` compares the entry's checksum.
 */
export class HeadChunkReader {
  readonly #fileSystem: FileSystem;
  readonly #directory: string;
  readonly #slots: HeadChunkSlots;
  /** By slot; with the number of the file that was opened. */
  readonly #files: (FileHandle | null)[] = [];
  readonly #numbers: number[] = [];
  #changes = -1;
  /** Made when the first chunk is read. */
  #pages: Uint8Array = new Uint8Array(0);
  /** By place in `#pages`: page * 4,096 + slot, or -1, and how many bytes were read. */
  readonly #keys: Float64Array;
  readonly #filled: Uint32Array;
  /** Which place of each set makes room next. */
  readonly #next: Uint8Array;
  /** The entry that `chunk` gave last. */
  #entry: Uint8Array = new Uint8Array(0);
  #entryAt = 0;
  #dataAt = 0;
  #checksumAt = 0;

  /** Keeps so many pages of 9.5 KiB, a power of two. */
  constructor({ directory, fileSystem }: HeadChunkDirectory, slots: HeadChunkSlots, pages = PAGES) {
    this.#keys = new Float64Array(pages).fill(-1);
    this.#filled = new Uint32Array(pages);
    this.#next = new Uint8Array(pages / SET_PAGES);
    this.#fileSystem = fileSystem;
    this.#directory = directory;
    this.#slots = slots;
  }

  /**
   * The `length` bytes of the chunk whose entry begins at `offset` of the file in `slot`; a view that the next call
   * makes invalid. Throws `DamagedFile` and `FileSystemError`.
   */
  chunk(slot: number, offset: number, length: number): Uint8Array {
    const bytes = this.unproven(slot, offset, length);
    const entry = this.#entry;
    if (crc32c(entry, this.#entryAt, this.#checksumAt, 0) !== readUint32(entry, this.#checksumAt)) {
      throw this.damaged(slot, offset);
    }
    return bytes;
  }

  /** As `chunk`, with the checksum still to be compared: see `blockChecksum`. */
  unproven(slot: number, offset: number, length: number): Uint8Array {
    const size = headChunkEntryBytes(length);
    if (size > OVERLAP_BYTES) {
      const entry = new Uint8Array(size);
      const read = this.#file(slot).readSync(entry, 0, size, offset);
      return this.#found(entry, 0, read, slot, offset, length);
    }
    if (this.#pages.length === 0) this.#pages = new Uint8Array(this.#keys.length * STRIDE);
    const page = Math.floor(offset / PAGE_BYTES);
    const key = page * HEAD_CHUNK_SLOTS_MAX + slot;
    const place = this.#placeOf(key, (page * 31 + slot * 7) & (this.#next.length - 1));
    const start = offset - page * PAGE_BYTES;
    // What was read of the newest file's end is less than what is there now.
    if (this.#changes !== this.#slots.changes) this.#closeGone();
    if (this.#keys[place] !== key || this.#filled[place]! < start + size) {
      this.#keys[place] = -1;
      this.#filled[place] = this.#file(slot).readSync(this.#pages, place * STRIDE, STRIDE, page * PAGE_BYTES);
      this.#keys[place] = key;
    }
    const from = place * STRIDE;
    return this.#found(this.#pages, from + start, from + this.#filled[place]!, slot, offset, length);
  }

  /** Where a page is, or may be put. */
  #placeOf(key: number, set: number): number {
    const first = set * SET_PAGES;
    for (let place = first; place < first + SET_PAGES; place++) if (this.#keys[place] === key) return place;
    const next = this.#next[set]!;
    this.#next[set] = (next + 1) & (SET_PAGES - 1);
    return first + next;
  }

  /**
   * CRC-32C of an encoding's byte and the data of the entry that was given last, as blocks have it: made of the entry's checksum,
   * without a look at the data. It is right where the entry's is, and where the entry's is wrong, so is this.
   */
  blockChecksum(encoding: number): number {
    const bytes = this.#entry;
    encodingByte[0] = encoding;
    const before = crc32c(bytes, this.#entryAt, this.#dataAt, 0) ^ crc32c(encodingByte, 0, 1, 0);
    const shifted = crc32cShift(before, this.#checksumAt - this.#dataAt);
    return (readUint32(bytes, this.#checksumAt) ^ shifted) >>> 0;
  }

  /** Takes an open file over, which is the one in `slot`. */
  adopt(slot: number, file: FileHandle): void {
    if (this.#changes !== this.#slots.changes) this.#closeGone();
    this.#enter(slot, file);
  }

  closeSync(): void {
    for (const file of this.#files) file?.closeSync();
    this.#files.length = 0;
    this.#numbers.length = 0;
    this.#keys.fill(-1);
  }

  #found(bytes: Uint8Array, at: number, end: number, slot: number, offset: number, length: number): Uint8Array {
    const data = at + headChunkDataOffset(length);
    const checksum = data + length;
    if (checksum + CHECKSUM_BYTES > end) {
      throw new DamagedFile(this.path(slot), offset, 'the file ends inside a chunk');
    }
    this.#entry = bytes;
    this.#entryAt = at;
    this.#dataAt = data;
    this.#checksumAt = checksum;
    return bytes.subarray(data, checksum);
  }

  /** What to throw where a checksum differs. */
  damaged(slot: number, offset: number): DamagedFile {
    return new DamagedFile(this.path(slot), offset, 'the checksum of a chunk differs');
  }

  #file(slot: number): FileHandle {
    if (this.#changes !== this.#slots.changes) this.#closeGone();
    const known = this.#files[slot];
    if (known !== undefined && known !== null) return known;
    const file = this.#fileSystem.openSync(this.path(slot), 'r');
    this.#enter(slot, file);
    return file;
  }

  #enter(slot: number, file: FileHandle): void {
    while (this.#files.length <= slot) {
      this.#files.push(null);
      this.#numbers.push(0);
    }
    this.#files[slot] = file;
    this.#numbers[slot] = this.#slots.fileNumber(slot);
  }

  /** Closes the files whose slots are free or have another file now. */
  #closeGone(): void {
    this.#changes = this.#slots.changes;
    for (let slot = 1; slot < this.#files.length; slot++) {
      const file = this.#files[slot]!;
      if (file === null || this.#numbers[slot] === this.#slots.fileNumber(slot)) continue;
      file.closeSync();
      this.#files[slot] = null;
      for (let place = 0; place < this.#keys.length; place++)
        if (this.#keys[place]! % HEAD_CHUNK_SLOTS_MAX === slot) this.#keys[place] = -1;
    }
  }

  /** The path of the file in a slot. */
  path(slot: number): string {
    return `${this.#directory}/${headChunksFileName(this.#slots.fileNumber(slot))}`;
  }
}

const encodingByte = new Uint8Array(1);
