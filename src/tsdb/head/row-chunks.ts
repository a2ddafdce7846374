import { xorDecode } from '../../kernels/xor-decode.ts';
import { xor2Decode } from '../../kernels/xor2-decode.ts';
import { extentOffset, extentSlab } from '../../memory/extents.ts';
import { createSampleColumn, reserveSampleColumn, type TimeRange } from '../../storage/query.ts';
import type { ChunkPlace, SourceChunk } from '../chunk/chunk-source.ts';
import { countMask, ENCODING, hasStartTimes, isFloatEncoding } from '../chunk/encoding.ts';
import { readHistogramChunk } from '../chunk/read-histogram-chunk.ts';
import type { HeadSnapshot } from './head-snapshot.ts';
import type { ReadableHead } from './head-view.ts';

/**
 * The chunks of single rows of a snapshot, as they are: the sealed ones as they lie in shared memory, the open one as a copy
 * that ends where the snapshot saw it end. The caller holds the pin under which the snapshot was taken.
 */
export class RowChunks implements ChunkPlace {
  readonly #head: ReadableHead;
  readonly #isUnproven: boolean;
  readonly #column = createSampleColumn(256);
  #endsOpen = false;
  /** Copies of chunks of the row at hand, and how many bytes they take. */
  #copies = new Uint8Array(16 * 1024);
  #copiedBytes = 0;

  /** `unproven`: the checksums of chunks that are read from files are told with them, and not compared. */
  constructor(head: ReadableHead, proof: 'proven' | 'unproven' = 'proven') {
    this.#head = head;
    this.#isUnproven = proof === 'unproven';
  }

  /** True where the last chunk that `gather` gave goes on in the head. */
  get endsOpen(): boolean {
    return this.#endsOpen;
  }

  /**
   * What a place of the snapshot has in order with samples of the range, oldest first; valid until the next call. Throws
   * `DamagedFile` and `FileSystemError` where a chunk is in a file that can not be read.
   */
  gather(snapshot: HeadSnapshot, place: number, range: TimeRange): SourceChunk[] {
    const { sealed } = this.#head;
    const found: SourceChunk[] = [];
    this.#copiedBytes = 0;
    this.#endsOpen = false;
    let openIsLater = false;
    for (let number = snapshot.sealed[place]!; number !== 0; ) {
      const lastTime = sealed.lastTime(number);
      if (lastTime < range.minTime) break;
      if (lastTime >= range.maxTime) openIsLater = true;
      if (sealed.firstTime(number) <= range.maxTime) found.push(this.sealedChunk(number));
      number = sealed.older(number);
    }
    found.reverse();
    if (snapshot.extents[place] === 0 || openIsLater) return found;
    if (this.#openTimes(snapshot, place, 1).minTime > range.maxTime) return found;
    const { minTime, maxTime } = this.#openTimes(snapshot, place, snapshot.counts[place]!);
    if (maxTime < range.minTime) return found;
    found.push({ encoding: snapshot.encodings[place]!, minTime, maxTime, bytes: this.#openBytes(snapshot, place) });
    this.#endsOpen = true;
    return found;
  }

  /** A chunk by its number; valid until the next `gather`. Throws as that does. */
  sealedChunk(number: number): SourceChunk {
    const { files, resident, sealed } = this.#head;
    const encoding = sealed.encoding(number);
    const minTime = sealed.firstTime(number);
    const maxTime = sealed.lastTime(number);
    const inMemory = sealed.isInFile(number) ? resident.find(number) : number;
    if (inMemory !== 0) return { encoding, minTime, maxTime, bytes: sealed.bytesOf(inMemory, null) };
    // The reader's next chunk takes the place of this one.
    if (!this.#isUnproven) return { encoding, minTime, maxTime, bytes: this.#copied(sealed.bytesOf(number, files)) };
    const { offset, slot } = sealed.placeInFile(number)!;
    const bytes = this.#copied(files!.unproven(slot, offset, sealed.byteLength(number)));
    const stated = { checksum: files!.blockChecksum(encoding), chunk: number, place: this };
    return { encoding, minTime, maxTime, bytes, stated };
  }

  /** As `ChunkPlace.damaged`. */
  damaged(number: number): Error {
    const { files, sealed } = this.#head;
    const { offset, slot } = sealed.placeInFile(number)!;
    return files!.damaged(slot, offset);
  }

  /** A copy that stays until the next row: hundreds of thousands of small buffers of their own cost more. */
  #copied(bytes: Uint8Array): Uint8Array {
    const at = this.#copiedBytes;
    const end = at + bytes.length;
    if (end > this.#copies.length) {
      this.#copies = new Uint8Array(2 * this.#copies.length + bytes.length);
      this.#copiedBytes = 0;
      return this.#copied(bytes);
    }
    this.#copies.set(bytes, at);
    this.#copiedBytes = end;
    return this.#copies.subarray(at, end);
  }

  /** Times of the first and of the last of `count` samples of an open chunk. */
  #openTimes(snapshot: HeadSnapshot, place: number, count: number): TimeRange {
    const { extents, large } = this.#head;
    const extent = snapshot.extents[place]!;
    const byteLength = snapshot.byteLengths[place]!;
    const encoding = snapshot.encodings[place]!;
    const column = this.#column;
    column.length = 0;
    column.histograms = null;
    column.startTimes = null;
    let code = 0;
    if (isFloatEncoding(encoding)) {
      reserveSampleColumn(column, count);
      const slab = extentSlab(extent);
      const bytes = extents.bytes[slab]!;
      const start = extentOffset(extent);
      const end = start + byteLength;
      code =
        encoding === ENCODING.xor
          ? xorDecode(bytes, extents.views[slab]!, start, end, count, column.times, column.bits, 0)
          : xor2Decode(bytes, start, end, count, column.times, column.bits, null, 0);
    } else {
      const start = large.offset(extent);
      code = readHistogramChunk(large.bytes(extent), large.view(extent), start, byteLength, encoding, count, column);
    }
    if (code < 0) throw new Error(`Cannot decode an open chunk of row ${snapshot.rows[place]}: code ${code}`);
    return { minTime: column.times[0]!, maxTime: column.times[count - 1]! };
  }

  /**
   * A copy of the published part, closed: with the count of the snapshot, whatever was appended since. Bits of a later
   * sample in the last byte do not matter.
   */
  #openBytes({ byteLengths, counts, encodings, extents: numbers }: HeadSnapshot, place: number): Uint8Array {
    const { extents, large } = this.#head;
    const extent = numbers[place]!;
    const encoding = encodings[place]!;
    const isSmall = isFloatEncoding(encoding);
    const start = isSmall ? extentOffset(extent) : large.offset(extent);
    const slab = isSmall ? extents.bytes[extentSlab(extent)]! : large.bytes(extent);
    const copy = new Uint8Array(byteLengths[place]!);
    copy.set(slab.subarray(start, start + copy.length));
    // What is above the count, where an encoding has it, never changes.
    copy[0] = (copy[0]! & ~(countMask(encoding) >>> 8)) | (counts[place]! >>> 8);
    copy[1] = counts[place]!;
    if (encoding === ENCODING.xor2 || hasStartTimes(encoding)) closeStartTimes(copy, counts[place]!);
    return copy;
  }
}

/** Start times that begin with a later sample than the last of the copy do not belong to it. */
function closeStartTimes(chunk: Uint8Array, count: number): void {
  if ((chunk[2]! & 0x7f) >= count) chunk[2]! &= 0x80;
}
