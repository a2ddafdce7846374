import { crc32c } from '../../kernels/crc32c.ts';
import { readUvarint64, unsignedFromHalves } from '../../kernels/varint.ts';
import { DamagedFile } from '../damaged-file.ts';
import type { PagedFile } from './paged-file.ts';

/** Entries after which whoever reads a section for a thread that must not block lets others have a turn: about 1 ms. */
export const STEP_ENTRIES = 4096;

/**
 * Walks once through a section `length u32 | count u32 | entries ... | CRC-32C u32` of an index, whatever its size, in
 * a window of fixed size. What was read is only known to be sound when `finish` has returned.
 */
export class SectionScan {
  /** What the section says of how many entries it has. */
  readonly count: number;
  readonly #file: PagedFile;
  readonly #end: number;
  #window = new Uint8Array(WINDOW_BYTES);
  /** The window holds the bytes `#windowStart .. #windowStart + #filled` of the file. */
  #windowStart: number;
  #filled = 0;
  #at = 0;
  #crc = 0;

  /** `offset` is where the section begins. */
  constructor(file: PagedFile, offset: number) {
    this.#file = file;
    const length = readUint32(file.view(offset, 4), 0);
    this.#windowStart = offset + 4;
    this.#end = offset + 4 + length;
    if (length < 4 || this.#end + 4 > file.size) {
      throw new DamagedFile(file.path, offset, `a section of ${length} bytes does not fit into the file`);
    }
    this.#need(4);
    this.count = readUint32(this.#window, 0);
    this.#at = 4;
  }

  /** Offset in the file of what is read next. */
  get position(): number {
    return this.#windowStart + this.#at;
  }

  get left(): number {
    return this.#end - this.position;
  }

  uvarint(): number {
    this.#need(Math.min(10, this.left));
    const next = readUvarint64(this.#window, this.#at, Math.min(this.#filled, this.#at + 10), halves);
    if (next < 0) throw new DamagedFile(this.#file.path, this.position, 'a malformed integer');
    this.#at = next;
    return unsignedFromHalves(halves[0]!, halves[1]!);
  }

  /** Bytes with their length before them; a view that the next call makes invalid. */
  sized(): Uint8Array {
    const length = this.uvarint();
    if (length > this.left) throw new DamagedFile(this.#file.path, this.position, `a text of ${length} bytes`);
    this.#need(length);
    const bytes = this.#window.subarray(this.#at, this.#at + length);
    this.#at += length;
    return bytes;
  }

  /** Reads the rest and compares the checksum. */
  finish(): void {
    while (this.left > 0) {
      this.#at = this.#filled;
      if (this.left > 0) this.#need(Math.min(WINDOW_BYTES, this.left));
    }
    const stated = readUint32(this.#file.view(this.#end, 4), 0);
    if (stated !== this.#crc) throw new DamagedFile(this.#file.path, this.#end, 'the checksum of the section differs');
  }

  /** Makes the window hold `count` bytes from here on; the caller knows that the section has them. */
  #need(count: number): void {
    if (this.#at + count <= this.#filled) return;
    if (count > this.left) throw new DamagedFile(this.#file.path, this.position, 'the section ends inside an entry');
    const rest = this.#window.subarray(this.#at, this.#filled);
    if (count > this.#window.length) {
      const grown = new Uint8Array(Math.max(count, 2 * this.#window.length));
      grown.set(rest);
      this.#window = grown;
    } else {
      this.#window.copyWithin(0, this.#at, this.#filled);
    }
    this.#windowStart += this.#at;
    this.#filled = rest.length;
    this.#at = 0;
    const from = this.#windowStart + this.#filled;
    const more = Math.min(this.#window.length - this.#filled, this.#end - from);
    this.#file.read(this.#window, this.#filled, more, from);
    this.#crc = crc32c(this.#window, this.#filled, this.#filled + more, this.#crc);
    this.#filled += more;
  }
}

const WINDOW_BYTES = 256 * 1024;
const halves = new Uint32Array(2);

/** Big-endian, as all of an index. */
export function readUint32(bytes: Uint8Array, at: number): number {
  return ((bytes[at]! << 24) | (bytes[at + 1]! << 16) | (bytes[at + 2]! << 8) | bytes[at + 3]!) >>> 0;
}
