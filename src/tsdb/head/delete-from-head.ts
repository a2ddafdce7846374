import type { Matcher } from '../../model/matcher.ts';
import type { TimeRange } from '../../storage/query.ts';
import type { HeadDeletions } from '../tombstones/head-deletions.ts';
import type { HeadLog } from '../wal/head-log.ts';
import type { TombstoneEntry } from '../wal/record-types.ts';
import { tombstonesRecord } from '../wal/records.ts';
import { NO_TIMES } from '../wal/segment-parts.ts';
import type { HeadMemory } from './head-memory.ts';
import type { HeadRowIndex } from './head-row-index.ts';
import type { HeadBounds } from './head-state.ts';
import type { SeriesDirectory } from './series-directory.ts';

/** Series whose deletions are one record of the log, and one step: about a millisecond. */
const STEP_SERIES = 512;
/** Rows whose refs are noted in one step. */
const STEP_ROWS = 4096;

export interface HeadDeleteParts {
  readonly memory: HeadMemory;
  readonly directory: SeriesDirectory;
  readonly rowIndex: HeadRowIndex;
  readonly deletions: HeadDeletions;
  readonly bounds: HeadBounds;
  /** False where late samples that are in blocks may come again from files at the next start. */
  readonly sparesLate: boolean;
  readonly log: HeadLog;
}

/**
 * Deletes the samples of a range (ms, both ends included) that the matched series have now and that came in order. What
 * comes later is not touched, late samples with older times included. Yields wherever it may be interrupted. Each step is
 * logged before it is seen. Returns how many series it concerned; throws
 * `RegexSyntaxError`, and what the log throws.
 */
export function* deleteFromHead(
  { memory, directory, rowIndex, deletions, bounds, sparesLate, log }: HeadDeleteParts,
  matchers: readonly Matcher[],
  range: TimeRange,
): Generator<undefined, number> {
  yield* memory.transactions.settleApplying();
  const minTime = sparesLate ? Math.max(range.minTime, bounds.minTime) : range.minTime;
  if (!(minTime <= range.maxTime && minTime <= bounds.maxTime)) return 0;
  const refs = yield* chooseRefs(memory, rowIndex, matchers);
  const { series } = memory;
  let count = 0;
  for (let from = 0; from < refs.length; from += STEP_SERIES) {
    const entries: TombstoneEntry[] = [];
    for (const ref of refs.subarray(from, from + STEP_SERIES)) {
      const row = directory.refs.row(ref);
      if (row < 0) continue;
      const lastTime = series.lastTime(row);
      // A series of late samples alone has none that is newer than the head.
      const newest = lastTime === Number.NEGATIVE_INFINITY && !sparesLate ? bounds.maxTime : lastTime;
      const maxTime = Math.min(range.maxTime, newest);
      if (minTime <= maxTime) entries.push({ ref, minTime, maxTime });
    }
    // Each twice in a row: late samples are not meant (docs/formats/wal.md). Other readers see the same deletion again.
    const logged = sparesLate ? entries.flatMap((entry) => [entry, entry]) : entries;
    if (logged.length > 0) log.append([tombstonesRecord(logged)], NO_TIMES);
    for (const { ref, maxTime } of entries) deletions.add(ref, minTime, maxTime);
    count += entries.length;
    yield;
  }
  return count;
}

/** The series that matchers choose by their refs: rows may be given to others while the deletion is interrupted. */
function* chooseRefs(
  { epochs, series }: HeadMemory,
  rowIndex: HeadRowIndex,
  matchers: readonly Matcher[],
): Generator<undefined, Float64Array> {
  const pin = epochs.pin();
  try {
    const rows = rowIndex.settle(yield* rowIndex.choose(matchers));
    const refs = new Float64Array(rows.length);
    for (let i = 0; i < rows.length; i++) {
      refs[i] = series.ref(rows[i]!);
      if (i % STEP_ROWS === STEP_ROWS - 1) yield;
    }
    return refs;
  } finally {
    epochs.unpin(pin);
  }
}
