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
const STEP_ROWS = 8192;

/** Stale series by row, with the time of their last sample: while that is the same, they are as they were. */
export type StaleSeries = ReadonlyMap<number, number>;

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
  const found = new Map<number, number>();
  for (let row = 0; row < series.rowCount; row++) {
    if ((row + 1) % STEP_ROWS === 0) yield;
    if (series.isLive(row) && isStaleRow(memory, row) && !outOfOrder.has(row)) found.set(row, series.lastTime(row));
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
