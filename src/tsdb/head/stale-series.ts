import { isStaleSum } from '../../kernels/histogram-decode.ts';
import { STALE_HIGH, STALE_LOW } from '../../model/stale.ts';
import type { HeadMemory } from './head-memory.ts';
import {
  LAST_TIME,
  OPEN_COUNT,
  OPEN_EXTENT,
  SERIES_DOUBLES,
  SERIES_ROW_MASK,
  SERIES_SLAB_LOG2,
  VALUE_HIGH,
  VALUE_LOW,
} from './series-table.ts';

/** Rows looked at in one step: under a millisecond. */
const STEP_ROWS = 2048;

/**
 * Stale series by row, rising, with the time of their last sample: while that is the same, they are as they were. Columns, since
 * a map of a million rows would hold the event loop for 80 ms when it grows.
 */
export class StaleSeries {
  rows = new Uint32Array(1024);
  lastTimes = new Float64Array(1024);
  size = 0;
  readonly #marks: Uint32Array;

  /** Every row is below `rowLimit`. */
  constructor(rowLimit: number) {
    this.#marks = new Uint32Array((rowLimit + 31) >>> 5);
  }

  add(row: number, lastTime: number): void {
    if (this.size === this.rows.length) {
      const rows = new Uint32Array(2 * this.size);
      rows.set(this.rows);
      this.rows = rows;
      const lastTimes = new Float64Array(2 * this.size);
      lastTimes.set(this.lastTimes);
      this.lastTimes = lastTimes;
    }
    this.rows[this.size] = row;
    this.lastTimes[this.size++] = lastTime;
    this.#marks[row >>> 5]! |= 1 << (row & 31);
  }

  has(row: number): boolean {
    return ((this.#marks[row >>> 5] ?? 0) & (1 << (row & 31))) !== 0;
  }
}

/** What the rows of the head are, in number. */
export interface SeriesSurvey {
  /** Series whose last sample is a stale marker. */
  readonly stale: number;
  /** Series whose last sample is a histogram, and the buckets of those samples. */
  readonly histograms: number;
  readonly buckets: number;
}

/** Counts series by their last sample. Yields after less than a millisecond. */
export function* surveySeries(memory: HeadMemory): Generator<undefined, SeriesSurvey> {
  const { series } = memory;
  let stale = 0;
  let histograms = 0;
  let buckets = 0;
  for (let row = 0; row < series.rowCount; row++) {
    if ((row + 1) % STEP_ROWS === 0) yield;
    if (!series.isLive(row)) continue;
    if (isStaleRow(memory, row)) stale++;
    const open = memory.openHistogram(row);
    if (open === null) continue;
    histograms++;
    buckets += open.writer.layout.positiveBuckets + open.writer.layout.negativeBuckets;
  }
  return { stale, histograms, buckets };
}

/** The stale series but those with late samples. Yields after less than a millisecond. */
export function* findStaleSeries(memory: HeadMemory): Generator<undefined, StaleSeries> {
  const { outOfOrder, series } = memory;
  const { rowCount } = series;
  const found = new StaleSeries(rowCount);
  for (let row = 0; row < rowCount; row++) {
    if ((row + 1) % STEP_ROWS === 0) yield;
    if (series.isLive(row) && isStaleRow(memory, row) && !outOfOrder.has(row)) found.add(row, series.lastTime(row));
  }
  return found;
}

/** True where the last sample of a row is a stale marker. */
function isStaleRow(memory: HeadMemory, row: number): boolean {
  const words = memory.series.records.words[row >>> SERIES_SLAB_LOG2]!;
  const at = (row & SERIES_ROW_MASK) * SERIES_DOUBLES;
  const w = 2 * at;
  const open = memory.openHistogram(row);
  if (open !== null) return isStaleSum(open.writer.halves);
  const isEmpty = words[w + OPEN_EXTENT] === 0 || words[w + OPEN_COUNT] === 0;
  if (isEmpty || words[w + VALUE_LOW] !== STALE_LOW || words[w + VALUE_HIGH] !== STALE_HIGH) return false;
  return memory.series.records.doubles[row >>> SERIES_SLAB_LOG2]![at + LAST_TIME]! > Number.NEGATIVE_INFINITY;
}
