import { xorDecode } from '../../kernels/xor-decode.ts';
import { CHUNK, type ChunkBatch, type SampleColumns } from '../wal/visitor.ts';

/** Reads the samples of chunks that a log was put into. */
export class ChunkSamples {
  #columns = columnsFor(256);

  /** The samples of the chunk at `at` that are not from before `minTime`; valid until the next call. */
  of({ bytes, doubles, words }: ChunkBatch, at: number, minTime: number): SampleColumns {
    const count = words[(at >>> 2) + CHUNK.count]!;
    if (count > this.#columns.refs.length) this.#columns = columnsFor(2 * count);
    const columns = this.#columns;
    const start = at + CHUNK.headerBytes;
    const end = start + words[(at >>> 2) + CHUNK.byteLength]!;
    const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
    if (xorDecode(bytes, view, start, end, count, columns.times, columns.bits, 0) < 0) {
      throw new RangeError(`Cannot read a chunk of ${count} samples that the log was put into`);
    }
    let from = 0;
    while (from < count && columns.times[from]! < minTime) from++;
    columns.times.copyWithin(0, from, count);
    columns.bits.copyWithin(0, 2 * from, 2 * count);
    columns.length = count - from;
    columns.refs.fill(doubles[(at >>> 3) + CHUNK.ref]!, 0, count - from);
    return columns;
  }
}

function columnsFor(capacity: number): SampleColumns {
  const values = new Float64Array(capacity);
  return {
    length: 0,
    refs: new Float64Array(capacity),
    times: new Float64Array(capacity),
    values,
    bits: new Uint32Array(values.buffer),
    startTimes: null,
  };
}
