import type { Matcher } from '../../model/matcher.ts';
import type { TimeRange } from '../../storage/query.ts';
import { matchersToRows } from '../select/matchers-to-rows.ts';
import type { HeadDeletions } from '../tombstones/head-deletions.ts';
import type { TombstoneEntry } from '../wal/record-types.ts';
import { tombstonesRecord } from '../wal/records.ts';
import type { HeadBounds } from './head.ts';
import type { HeadLog } from './head-appender.ts';
import type { HeadMemory } from './head-memory.ts';
import type { HeadRowIndex } from './head-row-index.ts';
import type { SeriesDirectory } from './series-directory.ts';

/** Series whose deletions are one record of the log, and one step: some milliseconds. */
const STEP_SERIES = 4096;

export interface HeadDeleteParts {
  readonly memory: HeadMemory;
  readonly directory: SeriesDirectory;
  readonly rowIndex: HeadRowIndex;
  readonly deletions: HeadDeletions;
  readonly bounds: HeadBounds;
  /** The oldest sample there is, late ones included. */
  readonly oldestTime: number;
  readonly log: HeadLog;
}

/**
 * Deletes the samples of a range (ms, both ends included) that the matched series have now; those that come later with
 * newer times are not touched, those that come late into the deleted interval are not shown either. Yields wherever it
 * may be interrupted. Each step is logged before it is seen. Returns how many series it concerned; throws
 * `RegexSyntaxError`, and what the log throws.
 */
export function* deleteFromHead(
  { memory, directory, rowIndex, deletions, bounds, oldestTime, log }: HeadDeleteParts,
  matchers: readonly Matcher[],
  range: TimeRange,
): Generator<undefined, number> {
  const minTime = Math.max(range.minTime, oldestTime);
  if (!(minTime <= range.maxTime && minTime <= bounds.maxTime)) return 0;
  yield* rowIndex.learning(matchers);
  const { series } = memory;
  // Rows may be given to other series while this is interrupted, refs are not.
  const refs = Float64Array.from(matchersToRows(rowIndex, matchers), (row) => series.ref(row));
  let count = 0;
  for (let from = 0; from < refs.length; from += STEP_SERIES) {
    const entries: TombstoneEntry[] = [];
    for (const ref of refs.subarray(from, from + STEP_SERIES)) {
      const row = directory.refs.row(ref);
      if (row < 0) continue;
      const lateTime = memory.outOfOrder.timesOf(row)?.maxTime ?? Number.NEGATIVE_INFINITY;
      const maxTime = Math.min(range.maxTime, Math.max(series.lastTime(row), lateTime));
      if (minTime <= maxTime) entries.push({ ref, minTime, maxTime });
    }
    if (entries.length > 0) log.append([tombstonesRecord(entries)]);
    for (const { ref, maxTime } of entries) deletions.add(ref, minTime, maxTime);
    count += entries.length;
    yield;
  }
  return count;
}
