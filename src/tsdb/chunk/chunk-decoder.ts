import { xorDecode } from '../../kernels/xor-decode.ts';
import { xor2Decode, xor2HasStartTimes } from '../../kernels/xor2-decode.ts';
import { reserveSampleColumn, type SampleColumn } from '../../storage/query.ts';
import { ENCODING, isFloatEncoding } from './encoding.ts';
import { readHistogramChunk } from './read-histogram-chunk.ts';

/** The decoders are quick as long as so many bytes can be read behind the chunk. */
const DECODE_AHEAD_BYTES = 32;

/** Decodes chunks of any encoding, each copied to where the decoders may look further than it reaches. */
export class ChunkDecoder {
  #bytes = new Uint8Array(8 * 1024);
  #view = new DataView(this.#bytes.buffer);

  /**
   * Decodes the samples of a chunk behind those that `into` has. Returns why it can not be decoded, or null; `into`
   * keeps its length where it can not.
   */
  decode(encoding: number, chunk: Uint8Array, into: SampleColumn): string | null {
    if (encoding === ENCODING.none || encoding > ENCODING.floatHistogramStartTimes) {
      return `chunk encoding ${encoding} is not known`;
    }
    if (chunk.length < 2) return 'a chunk without its number of samples';
    if (chunk.length + DECODE_AHEAD_BYTES > this.#bytes.length) {
      this.#bytes = new Uint8Array(2 * (chunk.length + DECODE_AHEAD_BYTES));
      this.#view = new DataView(this.#bytes.buffer);
    }
    this.#bytes.set(chunk);
    // The histogram encodings with start times keep what is known of a counter reset in the two upper bits.
    const countBits = encoding >= ENCODING.histogramStartTimes ? 0x3fff : 0xffff;
    const count = ((chunk[0]! << 8) | chunk[1]!) & countBits;
    const { length } = into;
    if (count === 0) return null;
    const code = isFloatEncoding(encoding)
      ? this.#floats(encoding, chunk.length, count, into)
      : readHistogramChunk(this.#bytes, this.#view, 0, chunk.length, encoding, count, into);
    if (code >= 0) {
      if (isFloatEncoding(encoding)) into.integerCounts?.fill(0, length, into.length);
      return null;
    }
    into.length = length;
    if (into.histograms !== null && into.histograms.length > length) into.histograms.length = length;
    return `a malformed chunk of ${count} samples in encoding ${encoding} (code ${code})`;
  }

  #floats(encoding: number, byteLength: number, count: number, into: SampleColumn): number {
    const from = into.length;
    const bytes = this.#bytes;
    reserveSampleColumn(into, from + count);
    let code: number;
    if (encoding === ENCODING.xor) {
      code = xorDecode(bytes, this.#view, 0, byteLength, count, into.times, into.bits, from);
      into.startTimes?.fill(0, from, from + count);
    } else {
      if (xor2HasStartTimes(bytes, 0)) into.startTimes ??= new Float64Array(into.times.length);
      code = xor2Decode(bytes, 0, byteLength, count, into.times, into.bits, into.startTimes, from);
    }
    if (code < 0) return code;
    into.length += count;
    if (into.histograms !== null) for (let i = 0; i < count; i++) into.histograms[from + i] = undefined;
    return code;
  }
}
