import type { FloatHistogram } from '../../model/histogram.ts';
import type { TimeRange } from '../../storage/query.ts';
import type { ThreadRequest } from '../../tsdb/threads/thread-answer.ts';

// What the main thread and a query thread say to each other where series are read that no query asks for: for federation,
// for remote read. The main thread pulls one batch after the other, so neither has more of it in
// memory than a batch, labels excepted.

/** What is read. */
export interface ReadWork {
  readonly range: TimeRange;
  readonly request: ThreadRequest;
}

/** What the main thread wants next. */
export type ReadWish = 'more' | 'samples' | 'chunks' | 'end';

export type ReadBatch =
  /** The first answer to a select: so many series. */
  | { readonly kind: 'found'; readonly length: number; readonly warnings: readonly string[] }
  /** Label sets of the next series, each names and values in turn. */
  | { readonly kind: 'labels'; readonly rows: readonly (readonly string[])[] }
  | { readonly kind: 'samples'; readonly columns: PackedColumns }
  | { readonly kind: 'chunks'; readonly chunks: PackedChunks };

/** The samples of consecutive series, one after the other, in arrays of their own; as `SampleColumn` otherwise. */
export interface PackedColumns {
  /** How many samples each of the series has. */
  readonly lengths: Uint32Array<ArrayBuffer>;
  readonly times: Float64Array<ArrayBuffer>;
  readonly bits: Uint32Array<ArrayBuffer>;
  readonly startTimes: Float64Array<ArrayBuffer> | null;
  readonly histograms: (FloatHistogram | undefined)[] | null;
  readonly integerCounts: Uint8Array<ArrayBuffer> | null;
}

/** The chunks of consecutive series, one after the other, in arrays of their own; as `EncodedChunk` otherwise. */
export interface PackedChunks {
  /** How many chunks each of the series has. */
  readonly counts: Uint32Array<ArrayBuffer>;
  readonly encodings: Uint8Array<ArrayBuffer>;
  readonly minTimes: Float64Array<ArrayBuffer>;
  readonly maxTimes: Float64Array<ArrayBuffer>;
  /** Where the bytes of each chunk end; they begin where those of the one before end. */
  readonly ends: Uint32Array<ArrayBuffer>;
  readonly bytes: Uint8Array<ArrayBuffer>;
}

/** The buffers of a batch, which are moved to the other thread. */
export function buffersOfBatch(batch: ReadBatch): ArrayBuffer[] {
  if (batch.kind === 'chunks') {
    const { bytes, counts, encodings, ends, maxTimes, minTimes } = batch.chunks;
    return [counts, encodings, minTimes, maxTimes, ends, bytes].map(({ buffer }) => buffer);
  }
  if (batch.kind !== 'samples') return [];
  const { bits, integerCounts, lengths, startTimes, times } = batch.columns;
  return [lengths, times, bits, startTimes, integerCounts].flatMap((array) => (array === null ? [] : [array.buffer]));
}
