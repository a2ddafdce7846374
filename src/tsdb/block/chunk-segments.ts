import { crc32c } from '../../kernels/crc32c.ts';
import { readUvarint64, unsignedFromHalves } from '../../kernels/varint.ts';
import type { FileSystem } from '../../std/file-system.ts';
import type { EncodedChunk, SampleColumn } from '../../storage/query.ts';
import { ChunkDecoder } from '../chunk/chunk-decoder.ts';
import type { ChunkPlace, SourceChunk } from '../chunk/chunk-source.ts';
import { type DecodedChunks, fileOfBlock } from '../chunk/decoded-chunks.ts';
import { ENCODING } from '../chunk/encoding.ts';
import { DamagedFile } from '../damaged-file.ts';
import { PAGE_BYTES, type PageCache, PagedFile } from './paged-file.ts';
import { readUint32 } from './section-scan.ts';

const CHUNKS_MAGIC = 0x85bd40dd;
const HEADER_BYTES = 8;
const SEGMENT_NAME = /^\d{6,}$/;

/**
 * The chunks of a block (docs/formats/chunk-segments.md): files of entries
 * `length uvarint | encoding u8 | data | CRC-32C u32 of encoding and data`. A reference is the place of the segment in
 * the directory (from 0) times 2^32, plus the offset of the entry.
 */
export class ChunkSegments implements ChunkPlace {
  readonly #directory: string;
  readonly #segments: PagedFile[] = [];
  readonly #decoder = new ChunkDecoder();
  readonly #decoded: DecodedChunks | null;
  /** Where the chunk at hand ends; its checksum follows. */
  #bytes: Uint8Array = new Uint8Array(0);
  #end = 0;

  /** Throws `DamagedFile`, and `FileSystemError` where the directory can not be read. */
  static open(
    fileSystem: FileSystem,
    directory: string,
    cache: PageCache,
    decoded: DecodedChunks | null = null,
  ): ChunkSegments {
    const chunks = new ChunkSegments(directory, decoded);
    try {
      for (const { kind, name } of fileSystem.readDirectorySync(directory)) {
        if (kind === 'file' && SEGMENT_NAME.test(name)) chunks.#add(fileSystem, `${directory}/${name}`, cache);
      }
    } catch (error) {
      chunks.closeSync();
      throw error;
    }
    return chunks;
  }

  private constructor(directory: string, decoded: DecodedChunks | null) {
    this.#directory = directory;
    this.#decoded = decoded;
  }

  get bytes(): number {
    return this.#segments.reduce((sum, { size }) => sum + size, 0);
  }

  /** Decodes the samples of a chunk behind those that `into` has. Throws `DamagedFile`. */
  read(ref: number, into: SampleColumn): void {
    const segment = Math.floor(ref / 2 ** 32);
    const offset = ref - segment * 2 ** 32;
    const file = this.#segments[segment];
    if (this.#decoded !== null && file !== undefined && this.#decoded.find(fileOfBlock(file.number), offset, into))
      return;
    const at = this.#findProven(ref);
    const from = into.length;
    const encoding = this.#bytes[at]!;
    const reason = this.#decoder.decode(encoding, this.#bytes.subarray(at + 1, this.#end), into);
    if (reason !== null) throw new DamagedFile(this.pathOf(ref), offset, reason);
    if (encoding === ENCODING.xor) this.#decoded?.note(fileOfBlock(file!.number), offset, into, from);
  }

  /**
   * The encoding (one byte) and the data of a chunk, its checksum compared; not to be written to. Throws `DamagedFile`.
   */
  entry(ref: number): Uint8Array {
    const at = this.#findProven(ref);
    return this.#bytes.subarray(at, this.#end);
  }

  /** A chunk as it lies in the segment, for handing on; its times are known from the index. Throws `DamagedFile`. */
  chunk(ref: number, minTime: number, maxTime: number): EncodedChunk {
    const at = this.#findProven(ref);
    return { encoding: this.#bytes[at]!, minTime, maxTime, bytes: this.#bytes.subarray(at + 1, this.#end) };
  }

  /** The same with its checksum still to be compared. */
  unprovenChunk(ref: number, minTime: number, maxTime: number): SourceChunk {
    const at = this.#find(ref);
    const bytes = this.#bytes.subarray(at + 1, this.#end);
    const stated = { checksum: readUint32(this.#bytes, this.#end), chunk: ref, place: this };
    return { encoding: this.#bytes[at]!, minTime, maxTime, bytes, stated };
  }

  /** As `ChunkPlace.damaged`. */
  damaged(ref: number): DamagedFile {
    return new DamagedFile(this.pathOf(ref), ref % 2 ** 32, 'the checksum of a chunk differs');
  }

  /** As `#find`, with the checksum compared. */
  #findProven(ref: number): number {
    const at = this.#find(ref);
    if (crc32c(this.#bytes, at, this.#end, 0) !== readUint32(this.#bytes, this.#end)) throw this.damaged(ref);
    return at;
  }

  /**
   * Finds encoding and data in `#bytes[returned .. #end)`, mostly without a view of their own: blocks have millions of
   * chunks, and a view costs more than the checksum of a hundred bytes.
   */
  #find(ref: number): number {
    const number = Math.floor(ref / 2 ** 32);
    const offset = ref - number * 2 ** 32;
    const segment = this.#segments[number];
    if (segment === undefined) throw new DamagedFile(this.#directory, 0, `there is no segment ${number + 1}`);
    let bytes = segment.page(offset);
    let start = offset % PAGE_BYTES;
    if (start + PREFIX_BYTES_MAX > bytes.length) {
      bytes = segment.view(offset, Math.max(0, Math.min(PREFIX_BYTES_MAX, segment.size - offset)));
      start = 0;
    }
    let at = readUvarint64(bytes, start, bytes.length, halves);
    if (at < 0) throw new DamagedFile(segment.path, offset, 'the length of a chunk is malformed');
    const length = 1 + unsignedFromHalves(halves[0]!, halves[1]!);
    if (at + length + CHECKSUM_BYTES > bytes.length) {
      bytes = segment.view(offset + at - start, length + CHECKSUM_BYTES);
      at = 0;
    }
    this.#bytes = bytes;
    this.#end = at + length;
    return at;
  }

  /** Each segment's path and size in bytes, in the order of their numbers. */
  get files(): readonly { readonly path: string; readonly size: number }[] {
    return this.#segments;
  }

  /** The path of the segment that a reference names. */
  pathOf(ref: number): string {
    return this.#segments[Math.floor(ref / 2 ** 32)]?.path ?? this.#directory;
  }

  closeSync(): void {
    for (const segment of this.#segments) segment.closeSync();
    this.#segments.length = 0;
  }

  #add(fileSystem: FileSystem, path: string, cache: PageCache): void {
    const handle = fileSystem.openSync(path, 'r');
    const file = new PagedFile(handle, cache);
    this.#segments.push(file);
    if (file.size < HEADER_BYTES) throw new DamagedFile(path, 0, `${file.size} bytes are too few for a segment`);
    const header = file.view(0, HEADER_BYTES);
    if (readUint32(header, 0) !== CHUNKS_MAGIC) throw new DamagedFile(path, 0, 'the magic number differs');
    if (header[4] !== 1) throw new DamagedFile(path, 4, `chunk segment version ${header[4]} is not known`);
  }
}

const PREFIX_BYTES_MAX = 10;
const CHECKSUM_BYTES = 4;
const halves = new Uint32Array(2);
