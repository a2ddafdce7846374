import { CURSOR, METADATA_STRIDE, SLOW_STRIDE } from '../kernels/exposition-metadata.ts';
import { EXEMPLAR_STRIDE, type OpenMetricsColumns } from '../kernels/open-metrics-scan.ts';

/**
 * A parsed scrape body, as columns: offsets into the body and numbers, no strings. The first `length` entries of each
 * column are valid. The arrays are reused from scrape to scrape and grown when needed.
 */
export interface ExpositionRows extends OpenMetricsColumns {
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
  /** What the series index that the scan was given knows the row's series as; 0 where it does not know it. */
  entries: Uint32Array;
  /** HELP, TYPE and UNIT lines, `METADATA_STRIDE` numbers each, `metadataCount` lines. */
  metadata: Uint32Array;
  metadataCount: number;
  /** `EXEMPLAR_STRIDE` numbers for each of `exemplarCount` exemplars, by rising row. */
  exemplars: Uint32Array;
  /** Value and time of each exemplar; the time (ms) is NaN where the exemplar has none. */
  exemplarNumbers: Float64Array;
  exemplarCount: number;
}

/** Metric types by the number that a TYPE line's metadata row carries. */
export const METRIC_TYPES = [
  'unknown',
  'counter',
  'gauge',
  'histogram',
  'summary',
  'gaugehistogram',
  'info',
  'stateset',
] as const;
export type MetricType = (typeof METRIC_TYPES)[number];

/** Room for exemplars that every target's rows have; most targets send none. */
const EXEMPLARS_MIN = 16;

/** No rows yet, with room for `capacity` of them. */
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
    entries: new Uint32Array(capacity),
    slow: new Uint32Array(SLOW_STRIDE * Math.max(16, capacity >>> 3)),
    metadata: new Uint32Array(METADATA_STRIDE * Math.max(16, capacity >>> 2)),
    metadataCount: 0,
    exemplars: new Uint32Array(EXEMPLAR_STRIDE * EXEMPLARS_MIN),
    exemplarNumbers: new Float64Array(2 * EXEMPLARS_MIN),
    exemplarCount: 0,
    cursor: new Uint32Array(CURSOR.size),
  };
}

/** Forgets the rows of the last body; the arrays stay. */
export function clearExpositionRows(rows: ExpositionRows): void {
  rows.length = 0;
  rows.metadataCount = 0;
  rows.exemplarCount = 0;
  rows.cursor.fill(0);
}

/** Doubles whichever columns have no room for one more row, value, metadata line or exemplar; what they hold stays. */
export function growExpositionRows(rows: ExpositionRows): void {
  const { cursor } = rows;
  if (cursor[CURSOR.rows]! + 1 > rows.seriesStart.length) growRowColumns(rows, 2 * rows.seriesStart.length + 16);
  if (cursor[CURSOR.slow]! + SLOW_STRIDE > rows.slow.length) rows.slow = copyOf(rows.slow, 2 * rows.slow.length);
  if (cursor[CURSOR.metadata]! + METADATA_STRIDE > rows.metadata.length) {
    rows.metadata = copyOf(rows.metadata, 2 * rows.metadata.length);
  }
  if (EXEMPLAR_STRIDE * (cursor[CURSOR.exemplars]! + 1) > rows.exemplars.length) {
    rows.exemplars = copyOf(rows.exemplars, 2 * rows.exemplars.length);
    const numbers = new Float64Array(2 * rows.exemplarNumbers.length);
    numbers.set(rows.exemplarNumbers);
    rows.exemplarNumbers = numbers;
  }
}

function growRowColumns(rows: ExpositionRows, capacity: number): void {
  rows.seriesStart = copyOf(rows.seriesStart, capacity);
  rows.seriesEnd = copyOf(rows.seriesEnd, capacity);
  rows.entries = copyOf(rows.entries, capacity);
  // Copied as halves: a NaN's payload would not survive as a number.
  rows.bits = copyOf(rows.bits, 2 * capacity);
  rows.values = new Float64Array(rows.bits.buffer);
  const times = new Float64Array(capacity);
  times.set(rows.times);
  rows.times = times;
  const hasTime = new Uint8Array(capacity);
  hasTime.set(rows.hasTime);
  rows.hasTime = hasTime;
}

function copyOf(column: Uint32Array, capacity: number): Uint32Array {
  const grown = new Uint32Array(capacity);
  grown.set(column);
  return grown;
}
