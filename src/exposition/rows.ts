/**
 * A parsed scrape body, as columns: offsets into the body and numbers, no strings. The first `length` entries of each
 * column are valid. The arrays are reused from scrape to scrape and grown when needed.
 */
export interface ExpositionRows {
  length: number;
  /** The bytes `name{labels}` of each row in the body, end exclusive, without trailing blanks. */
  seriesStart: Uint32Array;
  seriesEnd: Uint32Array;
  values: Float64Array;
  /** The same buffer as `values`, as 32-bit halves; a parsed NaN is written here as 0x7ff8000000000001. */
  bits: Uint32Array;
  /** Milliseconds; valid where `hasTime` is 1. */
  times: Float64Array;
  hasTime: Uint8Array;
}

export function createExpositionRows(capacity: number): ExpositionRows {
  const values = new Float64Array(capacity);
  return {
    length: 0,
    seriesStart: new Uint32Array(capacity),
    seriesEnd: new Uint32Array(capacity),
    values,
    bits: new Uint32Array(values.buffer),
    times: new Float64Array(capacity),
    hasTime: new Uint8Array(capacity),
  };
}
