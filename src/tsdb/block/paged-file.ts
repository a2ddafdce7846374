import type { FileHandle } from '../../std/file-system.ts';
import { DamagedFile } from '../damaged-file.ts';
import { NotResident } from '../not-resident.ts';

/** Small enough that a look-up of a few bytes is cheap, large enough that a walk needs few system calls. */
export const PAGE_BYTES = 32 * 1024;

/**
 * Pages of many files in bounded memory. Two generations stand in for a list by last use: what was looked at since the
 * last change of generations survives the next one, and a hit costs one look-up. Pages are never written again, so a
 * view of one stays valid after the cache has let it go.
 */
export class PageCache {
  /** Set while files must not be waited for: what is not in the cache throws `PageMissing`. */
  residentOnly = false;
  readonly #generationPages: number;
  #young = new Map<number, Uint8Array>();
  #old = new Map<number, Uint8Array>();
  #files = 0;

  /** Holds at most `bytesMax` bytes of pages, and at least two pages. */
  constructor(bytesMax: number) {
    this.#generationPages = Math.max(1, Math.floor(bytesMax / (2 * PAGE_BYTES)));
  }

  get bytes(): number {
    return (this.#young.size + this.#old.size) * PAGE_BYTES;
  }

  /** A number that no other file of this cache has. */
  enter(): number {
    return this.#files++;
  }

  get(file: number, page: number): Uint8Array | undefined {
    const key = file * PAGES_PER_FILE + page;
    const young = this.#young.get(key);
    if (young !== undefined) return young;
    const old = this.#old.get(key);
    if (old !== undefined) this.put(file, page, old);
    return old;
  }

  put(file: number, page: number, bytes: Uint8Array): void {
    if (this.#young.size >= this.#generationPages) {
      this.#old = this.#young;
      this.#young = new Map();
    }
    this.#young.set(file * PAGES_PER_FILE + page, bytes);
  }
}

/** Thrown in place of a read of a file, where files must not be waited for. */
export class PageMissing extends NotResident {
  override readonly name = 'PageMissing';
  readonly file: PagedFile;
  /** -1 where more is asked for than belongs into the cache. */
  readonly page: number;

  constructor(file: PagedFile, page: number) {
    super(`page ${page} of ${file.path} is not in memory`);
    this.file = file;
    this.page = page;
  }
}

/** 2^24 pages are 512 GiB; the formats end at 64 GiB. */
const PAGES_PER_FILE = 2 ** 24;

/** A file that never changes, read at any place through a `PageCache`. */
export class PagedFile {
  readonly path: string;
  readonly size: number;
  readonly #file: FileHandle;
  readonly #cache: PageCache;
  /** No other file of the cache has it. */
  readonly number: number;
  #lastPage = -1;
  #last: Uint8Array = new Uint8Array(0);

  constructor(file: FileHandle, cache: PageCache) {
    this.path = file.path;
    this.size = file.sizeSync();
    this.#file = file;
    this.#cache = cache;
    this.number = cache.enter();
  }

  /** `length` bytes from `at` on, not to be written to; throws `DamagedFile` where the file has fewer. */
  view(at: number, length: number): Uint8Array {
    if (!(at >= 0) || !(length >= 0) || at + length > this.size) {
      throw new DamagedFile(this.path, at, `${length} bytes are asked for, and the file ends at ${this.size}`);
    }
    const page = Math.floor(at / PAGE_BYTES);
    const start = at - page * PAGE_BYTES;
    if (start + length <= PAGE_BYTES) {
      const bytes = this.#page(page);
      if (start + length > bytes.length) this.#shrunk(at);
      return bytes.subarray(start, start + length);
    }
    const joined = new Uint8Array(length);
    if (length > LARGE_READ_BYTES) {
      this.read(joined, 0, length, at);
      return joined;
    }
    for (let done = 0; done < length; ) {
      const from = at + done;
      const bytes = this.#page(Math.floor(from / PAGE_BYTES));
      const offset = from % PAGE_BYTES;
      const part = bytes.subarray(offset, Math.min(bytes.length, offset + length - done));
      if (part.length === 0) this.#shrunk(from);
      joined.set(part, done);
      done += part.length;
    }
    return joined;
  }

  /** The page that has the byte at `at`, which is its byte `at % PAGE_BYTES`. Throws `DamagedFile` beyond the end. */
  page(at: number): Uint8Array {
    if (!(at >= 0 && at < this.size)) {
      throw new DamagedFile(this.path, at, `a byte is asked for, and the file ends at ${this.size}`);
    }
    return this.#page(Math.floor(at / PAGE_BYTES));
  }

  /** Reads past the cache, for what is looked at once. Throws `DamagedFile` where the file has fewer bytes. */
  read(into: Uint8Array, offset: number, length: number, at: number): void {
    if (this.#cache.residentOnly) throw new PageMissing(this, -1);
    for (let done = 0; done < length; ) {
      const read = this.#file.readSync(into, offset + done, length - done, at + done);
      if (read === 0) this.#shrunk(at + done);
      done += read;
    }
  }

  /** One byte; throws as `view`. */
  byteAt(at: number): number {
    const page = Math.floor(at / PAGE_BYTES);
    const offset = at - page * PAGE_BYTES;
    if (page === this.#lastPage && offset < this.#last.length) return this.#last[offset]!;
    return this.view(at, 1)[0]!;
  }

  /** Brings a page into the cache, beside the event loop; the file must stay open meanwhile. */
  async load(page: number): Promise<void> {
    const bytes = new Uint8Array(Math.min(PAGE_BYTES, this.size - page * PAGE_BYTES));
    if ((await this.#file.read(bytes, 0, bytes.length, page * PAGE_BYTES)) < bytes.length) {
      this.#shrunk(page * PAGE_BYTES);
    }
    this.#cache.put(this.number, page, bytes);
  }

  closeSync(): void {
    this.#file.closeSync();
  }

  #page(page: number): Uint8Array {
    if (page === this.#lastPage) return this.#last;
    let bytes = this.#cache.get(this.number, page);
    if (bytes === undefined) {
      if (this.#cache.residentOnly) throw new PageMissing(this, page);
      bytes = new Uint8Array(Math.min(PAGE_BYTES, this.size - page * PAGE_BYTES));
      this.read(bytes, 0, bytes.length, page * PAGE_BYTES);
      this.#cache.put(this.number, page, bytes);
    }
    this.#lastPage = page;
    this.#last = bytes;
    return bytes;
  }

  #shrunk(at: number): never {
    throw new DamagedFile(this.path, at, 'the file has become shorter since it was opened');
  }
}

/** Reads of more bytes would push everything else out of the cache. */
const LARGE_READ_BYTES = 8 * PAGE_BYTES;
