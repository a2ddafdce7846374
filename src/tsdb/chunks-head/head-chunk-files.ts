import { crc32c } from '../../kernels/crc32c.ts';
import { readUvarint64, signedFromHalves, unsignedFromHalves } from '../../kernels/varint.ts';
import type { FileHandle, FileSystem } from '../../std/file-system.ts';
import type { SampleColumn } from '../../storage/query.ts';
import { DamagedFile } from '../block/damaged-file.ts';
import { ChunkDecoder } from '../block/decode-chunk.ts';
import { PageCache, PagedFile } from '../block/paged-file.ts';
import { readUint32 } from '../block/section-scan.ts';

const HEAD_CHUNKS_MAGIC = 0x0130bc91;
const FILE_HEADER_BYTES = 8;
/** Series, first and last time, encoding. */
const FIXED_BYTES = 25;
const LENGTH_BYTES_MAX = 10;
const OUT_OF_ORDER_FLAG = 0x80;
const FILE_NAME = /^\d{6,}$/;
const CACHE_BYTES = 4 * 1024 * 1024;

/** Where a chunk of the head lies, and what its entry says of it. */
export interface HeadChunk {
  readonly series: number;
  /** Times of the first and the last sample, ms. */
  readonly minTime: number;
  readonly maxTime: number;
  readonly encoding: number;
  readonly isOutOfOrder: boolean;
  readonly file: number;
  readonly offset: number;
  readonly length: number;
}

/**
 * The files of `chunks_head/` (docs/formats/head-chunks.md), whose chunks the log holds too, apart from out-of-order
 * ones that the other log has let go of.
 *
 * ```text
 * magic u32 | version u8 | 3 zeros | { series u64 | first time i64 | last time i64 | encoding u8 | length uvarint | data
 *                                      | CRC-32C u32 of all before } ... | zeros
 * ```
 */
export class HeadChunkFiles {
  /** Sound chunks in the order in which they were written. */
  readonly chunks: readonly HeadChunk[];
  /** Where reading ended early. Chunks behind the damage are left out: what lies between them is not known. */
  readonly damage: DamagedFile | null;
  readonly #files: readonly PagedFile[];
  readonly #decoder = new ChunkDecoder();

  /** Reads the entries of all files; a directory that is not there has none. Throws `FileSystemError`. */
  static open(fileSystem: FileSystem, directory: string): HeadChunkFiles {
    const handles: FileHandle[] = [];
    try {
      if (fileSystem.statSync(directory) !== null) {
        for (const { kind, name } of fileSystem.readDirectorySync(directory)) {
          if (kind === 'file' && FILE_NAME.test(name)) handles.push(fileSystem.openSync(`${directory}/${name}`, 'r'));
        }
      }
      return new HeadChunkFiles(handles);
    } catch (error) {
      for (const handle of handles) handle.closeSync();
      throw error;
    }
  }

  private constructor(handles: readonly FileHandle[]) {
    const cache = new PageCache(CACHE_BYTES);
    const chunks: HeadChunk[] = [];
    let damage: DamagedFile | null = null;
    this.#files = handles.map((handle) => new PagedFile(handle, cache));
    try {
      for (const [number, file] of this.#files.entries()) {
        // A file that was begun and not written to.
        if (file.size === 0 && number === this.#files.length - 1) break;
        readEntries(file, number, chunks);
      }
    } catch (error) {
      if (!(error instanceof DamagedFile)) throw error;
      damage = error;
    }
    this.chunks = chunks;
    this.damage = damage;
  }

  /** Decodes the samples of a chunk behind those that `into` has. Throws `DamagedFile`. */
  read({ encoding, file, length, offset }: HeadChunk, into: SampleColumn): void {
    const paged = this.#files[file]!;
    const reason = this.#decoder.decode(encoding, paged.view(offset, length), into);
    if (reason !== null) throw new DamagedFile(paged.path, offset, reason);
  }

  closeSync(): void {
    for (const file of this.#files) file.closeSync();
  }
}

function readEntries(file: PagedFile, number: number, into: HeadChunk[]): void {
  if (file.size < FILE_HEADER_BYTES) throw new DamagedFile(file.path, 0, `${file.size} bytes are too few for a file`);
  const header = file.view(0, FILE_HEADER_BYTES);
  if (readUint32(header, 0) !== HEAD_CHUNKS_MAGIC) throw new DamagedFile(file.path, 0, 'the magic number differs');
  if (header[4] !== 1) throw new DamagedFile(file.path, 4, `version ${header[4]} is not known`);
  let at = FILE_HEADER_BYTES;
  while (at < file.size) {
    const look = file.view(at, Math.min(FIXED_BYTES + LENGTH_BYTES_MAX, file.size - at));
    // Files are made longer than what is in them; no series has the number 0.
    if (isZero(look, Math.min(look.length, FIXED_BYTES - 1))) return;
    if (look.length < FIXED_BYTES + 1) throw new DamagedFile(file.path, at, 'the file ends inside an entry');
    const lengthEnd = readUvarint64(look, FIXED_BYTES, look.length, halves);
    if (lengthEnd < 0) throw new DamagedFile(file.path, at, 'the length of a chunk is malformed');
    const length = unsignedFromHalves(halves[0]!, halves[1]!);
    const size = lengthEnd + length;
    if (at + size + 4 > file.size) throw new DamagedFile(file.path, at, 'the file ends inside a chunk');
    const entry = file.view(at, size + 4);
    if (crc32c(entry, 0, size, 0) !== readUint32(entry, size)) {
      throw new DamagedFile(file.path, at, 'the checksum of a chunk differs');
    }
    const encoding = entry[FIXED_BYTES - 1]!;
    into.push({
      series: unsignedFromHalves(readUint32(entry, 4), readUint32(entry, 0)),
      minTime: signedFromHalves(readUint32(entry, 12), readUint32(entry, 8)),
      maxTime: signedFromHalves(readUint32(entry, 20), readUint32(entry, 16)),
      encoding: encoding & ~OUT_OF_ORDER_FLAG,
      isOutOfOrder: (encoding & OUT_OF_ORDER_FLAG) !== 0,
      file: number,
      offset: at + lengthEnd,
      length,
    });
    at += size + 4;
  }
}

const halves = new Uint32Array(2);

function isZero(bytes: Uint8Array, count: number): boolean {
  for (let i = 0; i < count; i++) if (bytes[i] !== 0) return false;
  return true;
}
