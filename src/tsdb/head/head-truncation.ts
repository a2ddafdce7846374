import {
  SEALED_DOUBLES,
  SEALED_FIRST_TIME,
  SEALED_LAST_TIME,
  SEALED_MASK,
  SEALED_OLDER,
  SEALED_SLAB_LOG2,
} from '../chunk/sealed-chunks.ts';
import type { HeadMemory } from './head-memory.ts';
import type { HeadState } from './head-state.ts';
import type { SeriesDirectory } from './series-directory.ts';
import {
  LAST_TIME,
  NEWEST_SEALED,
  OPEN_EXTENT,
  REF,
  SERIES_DOUBLES,
  SERIES_ROW_MASK,
  SERIES_SLAB_LOG2,
} from './series-table.ts';

/** Work of one step, under a millisecond: a look at a row counts for one, taking chunks or a series out for several. */
const STEP_WORK = 4096;
const DROP_WORK = 8;
const REMOVAL_WORK = 16;
/** Chunks and rows released in one step once no reader is left. */
const STEP_RELEASES = 2048;

export interface TruncationParts {
  readonly memory: HeadMemory;
  readonly directory: SeriesDirectory;
  readonly state: HeadState;
}

export interface TruncationOptions {
  /** What is older is in blocks or may go, ms. */
  readonly before: number;
  /** True for a series that must stay even without samples; something else still needs its row or refs. */
  readonly isKept?: (row: number) => boolean;
  /** Told of each series that goes: all its refs. */
  readonly onRemoved?: (refs: readonly number[]) => void;
}

export interface Truncation {
  readonly seriesRemoved: number;
  /** The oldest sample that is left, ms; Infinity where there is none. */
  readonly minTime: number;
}

/**
 * Drops the chunks that end before a time, and the series that have no other. Yields after less than a millisecond, also
 * while a transaction is open: between its check and its commit no series may go.
 *
 * Nothing before that time may be appended any more, and whoever opens a querier from now on must not need it.
 */
export function* truncateHead(
  { memory, directory, state }: TruncationParts,
  { before, isKept, onRemoved }: TruncationOptions,
): Generator<undefined, Truncation> {
  const { series } = memory;
  const removal = directory.removal();
  let minTime = Number.POSITIVE_INFINITY;
  let work = 0;
  // Rows that come meanwhile have no older samples.
  const rowCount = series.rowCount;
  for (let row = 0; row < rowCount; row++) {
    if (work >= STEP_WORK) {
      work = 0;
      yield;
    }
    if (memory.transactions.isUnderWay) yield* memory.transactions.settle();
    while (state.activeAppenders > 0) yield;
    work++;
    const doubles = series.records.doubles[row >>> SERIES_SLAB_LOG2]!;
    const at = (row & SERIES_ROW_MASK) * SERIES_DOUBLES;
    if (doubles[at + REF] === 0) continue;
    if (doubles[at + LAST_TIME]! >= before) {
      work += DROP_WORK;
      minTime = Math.min(minTime, dropOlder(memory, row, before));
    } else if (isKept?.(row) === true) {
      work += DROP_WORK;
      dropOlder(memory, row, before);
    } else if (directory.refs.row(doubles[at + REF]!) === row) {
      // A row without a ref that leads to it was removed before, and waits for its readers.
      work += REMOVAL_WORK;
      const refs = removal.add(row);
      onRemoved?.(refs);
    }
  }
  yield;
  yield* removal.finish();
  while (memory.epochs.reclaim(STEP_RELEASES)) yield;
  return { seriesRemoved: removal.count, minTime };
}

/** Drops the sealed chunks of a row that end before a time; returns the first time of what is left. */
function dropOlder(memory: HeadMemory, row: number, before: number): number {
  const { records } = memory.sealed;
  const words = memory.series.records.words[row >>> SERIES_SLAB_LOG2]!;
  const w = 2 * (row & SERIES_ROW_MASK) * SERIES_DOUBLES;
  let oldest = 0;
  for (let chunk = words[w + NEWEST_SEALED]!; chunk !== 0; ) {
    const doubles = records.doubles[chunk >>> SEALED_SLAB_LOG2]!;
    const at = (chunk & SEALED_MASK) * SEALED_DOUBLES;
    if (doubles[at + SEALED_LAST_TIME]! < before) {
      if (oldest === 0) {
        words[w + NEWEST_SEALED] = 0;
        memory.retireChain(chunk);
      } else {
        memory.retireOlder(oldest);
      }
      break;
    }
    oldest = chunk;
    chunk = records.words[chunk >>> SEALED_SLAB_LOG2]![2 * at + SEALED_OLDER]!;
  }
  if (oldest !== 0) {
    return records.doubles[oldest >>> SEALED_SLAB_LOG2]![(oldest & SEALED_MASK) * SEALED_DOUBLES + SEALED_FIRST_TIME]!;
  }
  if (words[w + OPEN_EXTENT] !== 0) return memory.openFirstTime(row);
  return memory.openHistogram(row)?.firstTime ?? Number.POSITIVE_INFINITY;
}
