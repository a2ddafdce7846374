import { crc32c } from '../../kernels/crc32c.ts';
import { readUvarint64, signedFromHalves, unsignedFromHalves } from '../../kernels/varint.ts';
import type { FileHandle } from '../../std/file-system.ts';
import { readUint32 } from '../block/section-scan.ts';
import { ENCODING } from '../chunk/encoding.ts';
import { DamagedFile } from '../damaged-file.ts';
import {
  CHECKSUM_BYTES,
  ENTRY_ENCODING,
  ENTRY_FIXED_BYTES,
  FILE_HEADER_BYTES,
  HEAD_CHUNKS_MAGIC,
  HEAD_CHUNKS_VERSION,
  type HeadChunkHeader,
  LENGTH_BYTES_MAX,
  OUT_OF_ORDER_FLAG,
} from './head-chunk-format.ts';

/** Where a chunk of the head lies, and what its entry says of it. */
export interface HeadChunk extends HeadChunkHeader {
  /** Samples. */
  readonly count: number;
  readonly slot: number;
  /** Where the entry begins. */
  readonly offset: number;
  /** Bytes of the chunk itself. */
  readonly length: number;
}

const WINDOW_BYTES = 1024 * 1024;

/** True for the encodings of chunks that can be read. */
export function isDecodable(encoding: number): boolean {
  return encoding >= ENCODING.xor && encoding <= ENCODING.floatHistogramStartTimes;
}

export interface ListedEntries {
  /** Where the last sound entry ends. */
  readonly end: number;
  /** Where and why reading ended early, or null. */
  readonly damage: DamagedFile | null;
  /** The file ends inside an entry, as a kill leaves it. */
  readonly isTorn: boolean;
}

/**
 * Visits the entries of one file in order from the one at `from` on, whose checksums it compares, and yields after each
 * MiB. `visit` gets the same object each time. Throws `FileSystemError`.
 */
export function* listHeadChunks(
  file: FileHandle,
  slot: number,
  visit: (chunk: HeadChunk) => void,
  from = FILE_HEADER_BYTES,
): Generator<void, ListedEntries> {
  const fileSize = file.sizeSync();
  const damaged = (at: number, reason: string, isTorn = false) => {
    return { end: at, damage: new DamagedFile(file.path, at, reason), isTorn };
  };
  if (fileSize < FILE_HEADER_BYTES) return damaged(0, `${fileSize} bytes are too few for a file`);
  let window: Uint8Array = new Uint8Array(Math.min(WINDOW_BYTES, fileSize));
  let windowStart = 0;
  let filled = file.readSync(window, 0, window.length, 0);
  if (readUint32(window, 0) !== HEAD_CHUNKS_MAGIC) return damaged(0, 'the magic number differs');
  if (window[4] !== HEAD_CHUNKS_VERSION) return damaged(4, `version ${window[4]} is not known`);
  const chunk = {
    series: 0,
    firstTime: 0,
    lastTime: 0,
    encoding: 0,
    isOutOfOrder: false,
    count: 0,
    slot,
    offset: 0,
    length: 0,
  };

  /** Makes the window hold as much as can be from `start` on, at least `least` bytes where the file has them. */
  const load = (start: number, least: number): void => {
    const rest = window.subarray(Math.min(filled, start - windowStart), filled);
    if (least > window.length) {
      const grown = new Uint8Array(least);
      grown.set(rest);
      window = grown;
    } else {
      window.copyWithin(0, Math.min(filled, start - windowStart), filled);
    }
    windowStart = start;
    filled = rest.length;
    filled += file.readSync(window, filled, window.length - filled, windowStart + filled);
  };

  let at = Math.max(FILE_HEADER_BYTES, from);
  while (at < fileSize) {
    const lookBytes = Math.min(ENTRY_FIXED_BYTES + LENGTH_BYTES_MAX, fileSize - at);
    if (at - windowStart + lookBytes > filled) {
      yield;
      load(at, lookBytes);
    }
    let local = at - windowStart;
    // Files are made longer than what is in them; no series has the number 0.
    if (isZero(window, local, Math.min(local + ENTRY_ENCODING, filled))) break;
    if (lookBytes <= ENTRY_FIXED_BYTES) return damaged(at, 'the file ends inside an entry', true);
    const lengthEnd = readUvarint64(window, local + ENTRY_FIXED_BYTES, Math.min(local + lookBytes, filled), halves);
    if (lengthEnd < 0) return damaged(at, 'the length of a chunk is malformed');
    const length = unsignedFromHalves(halves[0]!, halves[1]!);
    const data = lengthEnd - local;
    const size = data + length + CHECKSUM_BYTES;
    if (at + size > fileSize) return damaged(at, 'the file ends inside a chunk', true);
    if (local + size > filled) {
      load(at, size);
      local = 0;
      if (filled < size) return damaged(at, 'the file has become shorter since it was opened');
    }
    const checksum = local + size - CHECKSUM_BYTES;
    if (crc32c(window, local, checksum, 0) !== readUint32(window, checksum)) {
      return damaged(at, 'the checksum of a chunk differs');
    }
    const encoding = window[local + ENTRY_ENCODING]!;
    chunk.series = unsignedFromHalves(readUint32(window, local + 4), readUint32(window, local));
    chunk.firstTime = signedFromHalves(readUint32(window, local + 12), readUint32(window, local + 8));
    chunk.lastTime = signedFromHalves(readUint32(window, local + 20), readUint32(window, local + 16));
    chunk.encoding = encoding & ~OUT_OF_ORDER_FLAG;
    chunk.isOutOfOrder = (encoding & OUT_OF_ORDER_FLAG) !== 0;
    chunk.offset = at;
    chunk.length = length;
    chunk.count = length < 2 ? 0 : sampleCount(window[local + data]!, window[local + data + 1]!, chunk.encoding);
    visit(chunk);
    at += size;
  }
  return { end: at, damage: null, isTorn: false };
}

/** The histogram encodings with start times keep what is known of a counter reset in the two upper bits. */
function sampleCount(high: number, low: number, encoding: number): number {
  return ((high << 8) | low) & (encoding >= ENCODING.histogramStartTimes ? 0x3fff : 0xffff);
}

const halves = new Uint32Array(2);

function isZero(bytes: Uint8Array, from: number, to: number): boolean {
  for (let at = from; at < to; at++) if (bytes[at] !== 0) return false;
  return true;
}
