/** The buckets of a chunk and of a sample together: rising indexes, and which of the two lacks some of them. */
export interface MergedBuckets {
  readonly indexes: Int32Array;
  readonly isWiderThanChunk: boolean;
  readonly isWiderThanSample: boolean;
}

/**
 * Merges the buckets of a counter's chunk with those of its next sample. Returns null where a bucket lost observations,
 * which only a counter reset explains; a bucket that the sample does not have must be empty in the chunk.
 * Counts are absolute, beside the indexes from `chunkFrom` and `sampleFrom` on.
 */
export function mergeCounterBuckets(
  chunk: Int32Array,
  chunkCounts: Float64Array,
  chunkFrom: number,
  sample: Int32Array,
  sampleCounts: Float64Array,
  sampleFrom: number,
): MergedBuckets | null {
  let i = 0;
  let j = 0;
  for (; i < chunk.length; i++) {
    const index = chunk[i]!;
    while (j < sample.length && sample[j]! < index) j++;
    const count = chunkCounts[chunkFrom + i]!;
    if (j < sample.length && sample[j] === index) {
      if (count > sampleCounts[sampleFrom + j]!) return null;
    } else if (count !== 0) {
      return null;
    }
  }
  return mergeBuckets(chunk, sample);
}

/** Merges buckets whatever their counts are. */
export function mergeBuckets(chunk: Int32Array, sample: Int32Array): MergedBuckets {
  const merged = new Int32Array(chunk.length + sample.length);
  let length = 0;
  for (let i = 0, j = 0; i < chunk.length || j < sample.length; ) {
    const a = i < chunk.length ? chunk[i]! : Number.POSITIVE_INFINITY;
    const b = j < sample.length ? sample[j]! : Number.POSITIVE_INFINITY;
    merged[length++] = Math.min(a, b);
    if (a <= b) i++;
    if (b <= a) j++;
  }
  return {
    indexes: merged.slice(0, length),
    isWiderThanChunk: length > chunk.length,
    isWiderThanSample: length > sample.length,
  };
}

/** Copies absolute counts to where their buckets are among `toIndexes`, which hold them all; the others become 0. */
export function spreadCounts(
  fromIndexes: Int32Array,
  from: Float64Array,
  fromAt: number,
  toIndexes: Int32Array,
  to: Float64Array,
  toAt: number,
): void {
  let i = 0;
  for (let j = 0; j < toIndexes.length; j++) {
    const isThere = i < fromIndexes.length && fromIndexes[i] === toIndexes[j];
    to[toAt + j] = isThere ? from[fromAt + i++]! : 0;
  }
}
