import type { EncodedChunk } from '../../storage/query.ts';
import type { PackedChunks } from './read-messages.ts';

/** Packs the chunks of several series, which are appended one after the other. */
export class ChunkPacker {
  readonly #counts: number[] = [];
  readonly #encodings: number[] = [];
  readonly #minTimes: number[] = [];
  readonly #maxTimes: number[] = [];
  readonly #ends: number[] = [];
  #size = 0;
  #bytes = new Uint8Array(16 * 1024);

  /** Bytes so far. */
  get size(): number {
    return this.#size;
  }

  /** Series so far. */
  get count(): number {
    return this.#counts.length;
  }

  add(chunks: readonly EncodedChunk[]): void {
    for (const { bytes, encoding, maxTime, minTime } of chunks) {
      const end = this.#size + bytes.length;
      if (end > this.#bytes.length) this.#grow(end);
      this.#bytes.set(bytes, this.#size);
      this.#size = end;
      this.#encodings.push(encoding);
      this.#minTimes.push(minTime);
      this.#maxTimes.push(maxTime);
      this.#ends.push(end);
    }
    this.#counts.push(chunks.length);
  }

  /** What was packed. The packer is used up. */
  take(): PackedChunks {
    return {
      counts: Uint32Array.from(this.#counts),
      encodings: Uint8Array.from(this.#encodings),
      minTimes: Float64Array.from(this.#minTimes),
      maxTimes: Float64Array.from(this.#maxTimes),
      ends: Uint32Array.from(this.#ends),
      bytes: this.#bytes.slice(0, this.#size),
    };
  }

  #grow(size: number): void {
    const grown = new Uint8Array(Math.max(size, 2 * this.#bytes.length));
    grown.set(this.#bytes.subarray(0, this.#size));
    this.#bytes = grown;
  }
}

/** Puts the chunks `from` up to `to` behind those of `into`; their bytes are views. */
export function unpackChunks(chunks: PackedChunks, from: number, to: number, into: EncodedChunk[]): void {
  const { bytes, encodings, ends, maxTimes, minTimes } = chunks;
  for (let i = from; i < to; i++) {
    into.push({
      encoding: encodings[i]!,
      minTime: minTimes[i]!,
      maxTime: maxTimes[i]!,
      bytes: bytes.subarray(i === 0 ? 0 : ends[i - 1]!, ends[i]!),
    });
  }
}
