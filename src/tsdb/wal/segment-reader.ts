import { crc32c } from '../../kernels/crc32c.ts';
import type { FileHandle } from '../../std/file-system.ts';
import { FRAGMENT, HEADER_SIZE, KIND_MASK, PAGE_SIZE, RESERVED_MASK, SNAPPY_FLAG, ZSTD_FLAG } from './framing.ts';

/** Bytes of a segment that are no record. */
export interface BadBytes {
  readonly offset: number;
  readonly size: number;
  readonly reason: string;
}

/** Memory that a reader uses, in place of its own: a window of whole pages, and what holds a record of usual size. */
export interface ReaderMemory {
  readonly window: Uint8Array;
  readonly record: Uint8Array;
  /** As `kernels/crc32c.ts` with nothing before; of bytes in the window. */
  crc32c(bytes: Uint8Array, start: number, end: number): number;
}

/** How a segment ends: cleanly, inside a fragment because the file is too short, or with bytes that verify nowhere. */
export type SegmentEnd = 'clean' | 'short' | 'bad';

/**
 * Reads the records of one segment, holding a fixed window of it and the record at hand.
 *
 * What does not verify is stepped over: reading resumes at the fragment that follows by the damaged header's size, when
 * that one verifies, or else at the next page. Only a whole record or a first fragment ends the bad bytes; fragments of
 * a record whose beginning is lost belong to them. A beginning that comes in the middle of a record is not trusted
 * either: the kind of a fragment is not covered by its checksum.
 */
export class SegmentReader {
  /** The record that `next` found, still compressed: the first `recordSize` bytes, valid until `next` is called again. */
  record: Uint8Array;
  recordSize = 0;
  /** 0, `SNAPPY_FLAG` or `ZSTD_FLAG`. */
  recordFlags = 0;
  /** Where the record's first fragment begins and its last one ends. */
  recordOffset = 0;
  recordEnd = 0;
  /** Bad bytes in the middle, up to where the last `next` came. */
  readonly bad: BadBytes[] = [];
  /** After `next` returned false: the bad bytes to the end of the segment that follow the last record, or null. */
  tail: BadBytes | null = null;
  end: SegmentEnd = 'clean';

  readonly #file: FileHandle;
  readonly #fileSize: number;
  readonly #recordBytesMax: number;
  readonly #window: Uint8Array;
  readonly #crc32c: ReaderMemory['crc32c'];
  /** The window holds `#windowSize` bytes from `#windowStart` on. */
  #windowStart = 0;
  #windowSize = 0;
  #at = 0;
  /** Where bad bytes began, or -1. */
  #badFrom = -1;
  #badReason = '';

  /** Reads from `from` on, where a record begins or a page, up to `to`, where one begins that is not wanted. */
  constructor(
    file: FileHandle,
    recordBytesMax: number,
    from = 0,
    memory: ReaderMemory | null = null,
    to = Number.POSITIVE_INFINITY,
  ) {
    this.#at = from;
    this.#file = file;
    this.#fileSize = Math.min(to, file.sizeSync());
    this.#recordBytesMax = recordBytesMax;
    const { crc32c, record, window } = memory ?? ownMemory(this.#fileSize - from);
    this.record = record;
    this.#window = window;
    this.#crc32c = crc32c;
  }

  /** Where the segment or what is wanted of it ends, and up to where it has been looked at. */
  get size(): number {
    return this.#fileSize;
  }

  get position(): number {
    return this.#at;
  }

  /** No bad bytes are being stepped over: whatever follows begins a record, or is bad. */
  get isClean(): boolean {
    return this.#badFrom < 0;
  }

  /** Somebody else has read the records up to `position`, where a record begins or the padding before one; only where `isClean`. */
  skipTo(position: number): void {
    this.#at = position;
  }

  /** Finds the next whole record. False at the end of the segment. */
  next(): boolean {
    let assembling = false;
    this.recordSize = 0;
    while (this.#at < this.#fileSize) {
      const at = this.#at;
      const reason = this.#checkFragment(at, assembling);
      if (reason === PADDING) {
        this.#at = Math.min(pageEnd(at), this.#fileSize);
        continue;
      }
      if (reason !== null) {
        this.#markBad(assembling ? this.recordOffset : at, reason);
        this.#at = this.#resume(at);
        assembling = false;
        this.recordSize = 0;
        continue;
      }
      const local = at - this.#windowStart;
      const type = this.#window[local]!;
      const kind = type & KIND_MASK;
      const size = (this.#window[local + 1]! << 8) | this.#window[local + 2]!;
      this.#at = at + HEADER_SIZE + size;
      if (!assembling) {
        if (kind === FRAGMENT.middle || kind === FRAGMENT.last) continue;
        this.#endBad(at);
        this.recordOffset = at;
        this.recordFlags = type & (SNAPPY_FLAG | ZSTD_FLAG);
        assembling = true;
      }
      this.#take(local + HEADER_SIZE, size);
      if (kind === FRAGMENT.whole || kind === FRAGMENT.last) {
        this.recordEnd = this.#at;
        return true;
      }
    }
    if (assembling) this.#markBad(this.recordOffset, ENDS_IN_RECORD);
    this.#finish();
    return false;
  }

  /**
   * Why the bytes at `at` are no fragment that may stand there; `PADDING` where the rest of the page is zeros, null
   * where it is one. Brings its page into the window.
   */
  #checkFragment(at: number, assembling: boolean): string | null {
    const skipping = this.#badFrom >= 0;
    const found = this.#verify(at);
    if (found !== null) return found === PADDING && assembling ? 'padding inside a record' : found;
    const type = this.#window[at - this.#windowStart]!;
    const kind = type & KIND_MASK;
    const begins = kind === FRAGMENT.whole || kind === FRAGMENT.first;
    if (assembling && begins) return 'a record begins inside another';
    if (assembling && (type & ~KIND_MASK) !== this.recordFlags) return 'fragments of one record differ in compression';
    if (!assembling && !begins && !skipping) return 'the beginning of the record is missing';
    if (assembling && this.recordSize > this.#recordBytesMax) return 'the record is too large';
    return null;
  }

  /** As `#checkFragment`, but only what can be told from the fragment itself. */
  #verify(at: number): string | null {
    this.#load(at);
    const window = this.#window;
    const local = at - this.#windowStart;
    const end = Math.min(pageEnd(at), this.#fileSize) - this.#windowStart;
    const type = window[local]!;
    if (type === FRAGMENT.padding || pageEnd(at) - at < HEADER_SIZE) {
      return isZero(window, local, end) ? PADDING : 'bytes that are not zero in the padding of a page';
    }
    const kind = type & KIND_MASK;
    if ((type & RESERVED_MASK) !== 0 || kind === 0 || kind > FRAGMENT.last || (type & BOTH_FLAGS) === BOTH_FLAGS) {
      return `unknown fragment type ${type}`;
    }
    if (local + HEADER_SIZE > end) return ENDS_IN_RECORD;
    const size = (window[local + 1]! << 8) | window[local + 2]!;
    const data = local + HEADER_SIZE;
    if (size > pageEnd(at) - at - HEADER_SIZE) return `a fragment of ${size} bytes does not fit into its page`;
    if (data + size > end) return ENDS_IN_RECORD;
    const stated = readUint32(window, local + 3);
    return this.#crc32c(window, data, data + size) === stated ? null : 'checksum differs';
  }

  /** Where to go on after a bad fragment at `at`. */
  #resume(at: number): number {
    const local = at - this.#windowStart;
    const next = at + HEADER_SIZE + ((this.#window[local + 1]! << 8) | this.#window[local + 2]!);
    // An empty fragment has checksum zero, which proves nothing.
    if (next + HEADER_SIZE < Math.min(pageEnd(at), this.#fileSize) && this.#verify(next) === null) {
      const size = (this.#window[next - this.#windowStart + 1]! << 8) | this.#window[next - this.#windowStart + 2]!;
      if (size > 0) return next;
    }
    return Math.min(pageEnd(at), this.#fileSize);
  }

  #markBad(from: number, reason: string): void {
    if (this.#badFrom >= 0) return;
    this.#badFrom = from;
    this.#badReason = reason;
  }

  #endBad(at: number): void {
    if (this.#badFrom < 0) return;
    this.bad.push({ offset: this.#badFrom, size: at - this.#badFrom, reason: this.#badReason });
    this.#badFrom = -1;
  }

  #finish(): void {
    if (this.#badFrom < 0) return;
    this.tail = { offset: this.#badFrom, size: this.#fileSize - this.#badFrom, reason: this.#badReason };
    this.end = this.#badReason === ENDS_IN_RECORD ? 'short' : 'bad';
    this.#badFrom = -1;
  }

  #take(local: number, size: number): void {
    const needed = this.recordSize + size;
    if (needed > this.record.length) {
      const grown = new Uint8Array(Math.max(needed, 2 * this.record.length));
      grown.set(this.record.subarray(0, this.recordSize));
      this.record = grown;
    }
    this.record.set(this.#window.subarray(local, local + size), this.recordSize);
    this.recordSize = needed;
  }

  /** Makes the window hold the page of `at`. */
  #load(at: number): void {
    const page = at - (at % PAGE_SIZE);
    if (page >= this.#windowStart && page < this.#windowStart + this.#windowSize) return;
    this.#windowStart = page;
    this.#windowSize = Math.min(this.#window.length, Math.ceil((this.#fileSize - page) / PAGE_SIZE) * PAGE_SIZE);
    const read = this.#file.readSync(this.#window, 0, this.#windowSize, page);
    // Beyond the end of the file, and in a file that shrinks under us, bytes are zeros, which is padding.
    this.#window.fill(0, read, this.#windowSize);
  }
}

const PADDING = 'padding';
const ENDS_IN_RECORD = 'the segment ends inside a record';
const BOTH_FLAGS = SNAPPY_FLAG | ZSTD_FLAG;
/** 32 pages: few system calls, and little memory beside a record. */
const WINDOW_SIZE = 32 * PAGE_SIZE;

function ownMemory(size: number): ReaderMemory {
  return {
    // One page more: the first one may be begun in its middle.
    window: new Uint8Array(Math.min(WINDOW_SIZE, (Math.ceil(size / PAGE_SIZE) + 1) * PAGE_SIZE)),
    record: new Uint8Array(PAGE_SIZE),
    crc32c: (bytes, start, end) => crc32c(bytes, start, end, 0),
  };
}

function pageEnd(at: number): number {
  return at - (at % PAGE_SIZE) + PAGE_SIZE;
}

function readUint32(bytes: Uint8Array, at: number): number {
  return ((bytes[at]! << 24) | (bytes[at + 1]! << 16) | (bytes[at + 2]! << 8) | bytes[at + 3]!) >>> 0;
}

function isZero(bytes: Uint8Array, start: number, end: number): boolean {
  for (let at = start; at < end; at++) if (bytes[at] !== 0) return false;
  return true;
}
