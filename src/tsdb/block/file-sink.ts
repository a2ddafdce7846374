import { writeUvarint } from '../../kernels/varint.ts';
import type { FileHandle, FileSystem } from '../../std/file-system.ts';
import { SinkMemory } from './sink-memory.ts';

const BUFFER_BYTES = 1024 * 1024;
/** What a single number may need. */
const NUMBER_BYTES_MAX = 10;

/**
 * Writes a new file from its beginning to its end through a buffer of fixed size, integers big-endian. Every failure is
 * a `FileSystemError`, after which only `abandon` makes sense.
 */
export class FileSink {
  readonly #file: FileHandle;
  readonly #memory: SinkMemory;
  readonly #buffer: Uint8Array;
  /** Bytes of the file before the buffer, and those in it. */
  #written = 0;
  #used = 0;
  /** Where in the buffer the bytes begin that the checksum has not seen, and the checksum of those before. */
  #unchecked = 0;
  #crc = 0;
  #isChecking = false;

  constructor(fileSystem: FileSystem, path: string, bufferBytes: number = BUFFER_BYTES) {
    this.#file = fileSystem.openSync(path, 'w');
    this.#memory = new SinkMemory(bufferBytes);
    this.#buffer = this.#memory.bytes;
  }

  /** Bytes so far. */
  get position(): number {
    return this.#written + this.#used;
  }

  byte(value: number): void {
    this.#room(1);
    this.#buffer[this.#used++] = value;
  }

  uint32(value: number): void {
    this.#room(4);
    const buffer = this.#buffer;
    const at = this.#used;
    buffer[at] = value >>> 24;
    buffer[at + 1] = value >>> 16;
    buffer[at + 2] = value >>> 8;
    buffer[at + 3] = value;
    this.#used = at + 4;
  }

  /** An integer in 0..2^53. */
  uint64(value: number): void {
    this.uint32(Math.floor(value / 2 ** 32));
    this.uint32(value % 2 ** 32);
  }

  uvarint(value: number): void {
    this.#room(NUMBER_BYTES_MAX);
    this.#used = writeUvarint(this.#buffer, this.#used, value);
  }

  bytes(source: Uint8Array, start: number, end: number): void {
    let from = start;
    while (from < end) {
      if (this.#used === this.#buffer.length) this.#flush();
      const count = Math.min(end - from, this.#buffer.length - this.#used);
      // A call of `set` costs more than copying a few bytes, and a view as much as the call.
      if (count <= 32) for (let i = 0; i < count; i++) this.#buffer[this.#used + i] = source[from + i]!;
      else if (count === source.length) this.#buffer.set(source, this.#used);
      else this.#buffer.set(source.subarray(from, from + count), this.#used);
      this.#used += count;
      from += count;
    }
  }

  /** Zeros up to a multiple of `alignment`. */
  align(alignment: number): void {
    for (let left = (alignment - (this.position % alignment)) % alignment; left > 0; left--) this.byte(0);
  }

  /** A checksum begins with the next byte. */
  beginChecksum(): void {
    this.#unchecked = this.#used;
    this.#crc = 0;
    this.#isChecking = true;
  }

  /** Writes the CRC-32C of everything since `beginChecksum`, and returns it. */
  checksum(): number {
    this.#check();
    this.#isChecking = false;
    this.uint32(this.#crc);
    return this.#crc;
  }

  /** Writes what is left, makes the file durable and closes it. */
  finish(): void {
    this.#flush();
    this.#file.syncSync();
    this.#file.closeSync();
  }

  /** As `finish` for a file that nobody needs after this process. */
  finishUnsynced(): void {
    this.#flush();
    this.#file.closeSync();
  }

  /** Closes the file as it is, where it is going to be removed. */
  abandon(): void {
    try {
      this.#file.closeSync();
    } catch {
      // It was closed before, or can not be: either way it goes with its directory.
    }
  }

  #room(bytes: number): void {
    if (this.#used + bytes > this.#buffer.length) this.#flush();
  }

  #check(): void {
    this.#crc = this.#memory.crc32c(this.#unchecked, this.#used, this.#crc);
    this.#unchecked = this.#used;
  }

  #flush(): void {
    if (this.#isChecking) this.#check();
    for (let done = 0; done < this.#used; ) {
      done += this.#file.writeSync(this.#buffer, done, this.#used - done, this.#written + done);
    }
    this.#written += this.#used;
    this.#used = 0;
    this.#unchecked = 0;
  }
}
