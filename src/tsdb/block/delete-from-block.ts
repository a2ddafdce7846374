import type { Matcher } from '../../model/matcher.ts';
import type { TimeRange } from '../../storage/query.ts';
import { matchersToRowsInSteps } from '../select/matchers-to-rows.ts';
import { addInterval, type Intervals, NO_INTERVALS } from '../tombstones/intervals.ts';
import type { Tombstones } from '../tombstones/tombstones-file.ts';
import type { Block } from './block.ts';
import { type ChunkMetas, createChunkMetas } from './series-entries.ts';

/** Series looked at in one step: each may read a page of the index. */
const STEP_ROWS = 256;

/**
 * What is deleted of a block once the samples of a range (ms, both ends included) of the matched series are, too. Each
 * list of matchers chooses series for itself. The block's own tombstones where nothing changes. Yields wherever it may be interrupted. Throws `RegexSyntaxError` and `DamagedFile`.
 */
export function* deleteFromBlock(
  block: Block,
  matcherSets: readonly (readonly Matcher[])[],
  range: TimeRange,
): Generator<undefined, Tombstones> {
  if (!block.overlaps(range)) return block.tombstones;
  const metas = createChunkMetas();
  const tombstones = new Map(block.tombstones);
  let hasChanged = false;
  for (const matchers of matcherSets) {
    const rows = yield* matchersToRowsInSteps(block.rowIndex, matchers);
    for (let i = 0; i < rows.length; i++) {
      if (i % STEP_ROWS === STEP_ROWS - 1) yield;
      const row = rows[i]!;
      block.index.series.chunks(row, metas);
      const before = tombstones.get(row) ?? NO_INTERVALS;
      const after = withDeleted(before, metas, range);
      if (after === before) continue;
      tombstones.set(row, after);
      hasChanged = true;
    }
  }
  return hasChanged ? tombstones : block.tombstones;
}

/** No more is deleted than the series has: from its first chunk to its last. */
function withDeleted(deleted: Intervals, { count, minTimes, maxTimes }: ChunkMetas, range: TimeRange): Intervals {
  let first = Number.POSITIVE_INFINITY;
  let last = Number.NEGATIVE_INFINITY;
  let overlaps = false;
  for (let i = 0; i < count; i++) {
    first = Math.min(first, minTimes[i]!);
    last = Math.max(last, maxTimes[i]!);
    if (minTimes[i]! <= range.maxTime && maxTimes[i]! >= range.minTime) overlaps = true;
  }
  if (!overlaps) return deleted;
  const after = addInterval(deleted, Math.max(range.minTime, first), Math.min(range.maxTime, last));
  return after.length === deleted.length && after.every((time, i) => time === deleted[i]) ? deleted : after;
}
