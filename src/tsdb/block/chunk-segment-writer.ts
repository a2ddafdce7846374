import { uvarintSize } from '../../kernels/varint.ts';
import type { FileSystem } from '../../std/file-system.ts';
import type { SourceChunk } from '../chunk/chunk-source.ts';
import { FileSink } from './file-sink.ts';

const CHUNKS_MAGIC = 0x85bd40dd;
const HEADER_BYTES = 8;
/** Prometheus' size, so that both cut alike. An offset takes 32 bits. */
const SEGMENT_BYTES_MAX = 512 * 1024 * 1024;
/** Encoding and checksum. */
const CHUNK_EXTRA_BYTES = 5;

/**
 * Writes the chunk segments of a block (docs/formats/chunk-segments.md). The chunks of a series lie together, in one
 * segment where they fit into one.
 */
export class ChunkSegmentWriter {
  readonly #fileSystem: FileSystem;
  readonly #directory: string;
  readonly #segmentBytesMax: number;
  #segment: FileSink | null = null;
  #segments = 0;

  /** Makes the directory, whose parent exists. */
  constructor(fileSystem: FileSystem, directory: string, segmentBytesMax: number = SEGMENT_BYTES_MAX) {
    this.#fileSystem = fileSystem;
    this.#directory = directory;
    this.#segmentBytesMax = segmentBytesMax;
    fileSystem.makeDirectorySync(directory);
  }

  /**
   * Writes the chunks of a series; their places come to the front of `refs`, which has the room. Checksums that files state are compared
   * with what was copied: throws what their place has to say where one differs.
   */
  add(chunks: readonly SourceChunk[], refs: Float64Array): void {
    let left = 0;
    for (const { bytes } of chunks) left += entryBytes(bytes);
    let segment = this.#segment;
    for (let i = 0; i < chunks.length; i++) {
      const { bytes, encoding, stated } = chunks[i]!;
      const size = entryBytes(bytes);
      // What fits into no segment as a whole is cut where the segment is full.
      const wanted = i === 0 && left <= this.#segmentBytesMax - HEADER_BYTES ? left : size;
      if (segment === null || (segment.position > HEADER_BYTES && segment.position + wanted > this.#segmentBytesMax)) {
        segment = this.#next();
      }
      refs[i] = (this.#segments - 1) * 2 ** 32 + segment.position;
      segment.uvarint(bytes.length);
      segment.beginChecksum();
      segment.byte(encoding);
      segment.bytes(bytes, 0, bytes.length);
      const checksum = segment.checksum();
      if (stated !== undefined && stated.checksum !== checksum) throw stated.place.damaged(stated.chunk);
    }
  }

  /** Makes all segments durable, their names included. */
  finish(): void {
    this.#segment?.finish();
    this.#segment = null;
    this.#fileSystem.syncDirectorySync(this.#directory);
  }

  abandon(): void {
    this.#segment?.abandon();
    this.#segment = null;
  }

  #next(): FileSink {
    this.#segment?.finish();
    this.#segment = null;
    this.#segments++;
    const name = String(this.#segments).padStart(6, '0');
    const segment = new FileSink(this.#fileSystem, `${this.#directory}/${name}`);
    this.#segment = segment;
    segment.uint32(CHUNKS_MAGIC);
    segment.uint32(0x01000000);
    return segment;
  }
}

function entryBytes({ length }: Uint8Array): number {
  return uvarintSize(length) + length + CHUNK_EXTRA_BYTES;
}
