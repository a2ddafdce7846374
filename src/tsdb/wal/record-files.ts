import { type FileHandle, type FileSystem, FileSystemError } from '../../std/file-system.ts';
import { RecordCompressor, type WalCompression } from './compression.ts';
import { framedSizeMax, frameRecord, PAGE_SIZE } from './framing.ts';
import { segmentPath } from './segments.ts';

/** Bytes collected before a write. */
const WRITE_BYTES = 1024 * 1024;

export interface RecordFilesOptions {
  readonly fileSystem: FileSystem;
  /** Exists and is empty. */
  readonly directory: string;
  /** Bytes after which a new segment begins. */
  readonly segmentSize: number;
  readonly compression: WalCompression;
}

/**
 * Writes records to segments from number 0 on, of which nobody knows before all are there. Blocks the thread; every
 * failure is a `FileSystemError`, after which only `abandon` makes sense.
 */
export class RecordFiles {
  readonly #options: RecordFilesOptions;
  readonly #compressor: RecordCompressor;
  #file: FileHandle;
  #segment = 0;
  #frames = new Uint8Array(2 * WRITE_BYTES);
  #filled = 0;
  #written = 0;

  constructor(options: RecordFilesOptions) {
    this.#options = options;
    this.#compressor = new RecordCompressor(options.compression);
    this.#file = options.fileSystem.openSync(segmentPath(options.directory, 0), 'wx');
  }

  /** A record that is not compressed yet. */
  add(record: Uint8Array): void {
    const { bytes, flags, size } = this.#compressor.compress(record);
    this.addCompressed(bytes, size, flags);
  }

  /** The first `size` bytes of a record as it lies in a segment: compressed as `flags` say. */
  addCompressed(bytes: Uint8Array, size: number, flags: number): void {
    const room = framedSizeMax(size);
    const position = this.#written + this.#filled;
    if (position > 0 && position + room > this.#options.segmentSize) this.#nextSegment();
    if (this.#filled + room > this.#frames.length) {
      this.#flush();
      if (room > this.#frames.length) this.#frames = new Uint8Array(room);
    }
    this.#filled = frameRecord(bytes, size, flags, this.#frames, this.#filled, this.#written + this.#filled);
    if (this.#filled >= WRITE_BYTES) this.#flush();
  }

  /** Writes and syncs what is left. The names of the files are the caller's to sync. */
  finish(): void {
    this.#endSegment();
  }

  /** Lets go of the open file; what was written stays. */
  abandon(): void {
    try {
      this.#file.closeSync();
    } catch {
      // The failure that led here is the one to tell of.
    }
  }

  #nextSegment(): void {
    this.#endSegment();
    const { directory, fileSystem } = this.#options;
    this.#segment++;
    this.#file = fileSystem.openSync(segmentPath(directory, this.#segment), 'wx');
    this.#written = 0;
  }

  /** Zeros to the end of the page, as the reference does with a finished segment. */
  #endSegment(): void {
    this.#flush();
    const padding = (PAGE_SIZE - (this.#written % PAGE_SIZE)) % PAGE_SIZE;
    this.#frames.fill(0, 0, padding);
    this.#filled = padding;
    this.#flush();
    this.#file.syncSync();
    this.#file.closeSync();
  }

  #flush(): void {
    const size = this.#filled;
    if (size === 0) return;
    const count = this.#file.writeSync(this.#frames, 0, size, this.#written);
    if (count < size) {
      throw new FileSystemError('write', this.#file.path, `only ${count} of ${size} bytes were written`, 'ENOSPC');
    }
    this.#written += size;
    this.#filled = 0;
  }
}
