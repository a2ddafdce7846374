import type { Labels } from '../../model/labels.ts';
import { clearColumn } from '../../storage/merge-columns.ts';
import { mergeQueriers } from '../../storage/merge-queriers.ts';
import { createSampleColumn, type Querier, type SampleColumn, type TimeRange } from '../../storage/query.ts';
import type { Log } from '../../telemetry/log.ts';
import type { BlockList } from '../block/block-list.ts';
import type { Head } from '../head/head.ts';

/** So many series of the head answer for all. */
const SERIES_MAX = 64;
/** More than this share of their samples is in the blocks where these have the range: not all, since some may be deleted. */
const SHARE_MIN = 0.5;

/**
 * Ends what reading the log begins: the head shows nothing that blocks have as well. Where they only seem to have it
 * (`surelyHasWholeRange`), the log was read from before that, and is looked up in them: either nearly all of it is there, or next to
 * nothing, and then it stays in the head. So it does where a block can not be read.
 */
export async function hideCovered(head: Head, blocks: BlockList, log: Log): Promise<void> {
  const { coveredTime, surelyCoveredTime } = blocks;
  if (surelyCoveredTime >= coveredTime) return;
  const range = { minTime: surelyCoveredTime, maxTime: coveredTime - 1 };
  const inHead = head.querier(range);
  const inBlocks = mergeQueriers(blocks.queriers(range));
  const where = { from: surelyCoveredTime, to: coveredTime };
  try {
    if (await hasMost(inHead, inBlocks, range)) head.advance(coveredTime);
    else log.info('Samples of the log are kept that a merged block seems to have and has not', where);
  } catch (error) {
    log.warn('Samples of the log are kept that a block may have, which can not be read', { ...where, err: error });
  } finally {
    inHead.close();
    inBlocks.close();
  }
}

/** True where the second querier has most of what the first has of some series. */
async function hasMost(some: Querier, other: Querier, range: TimeRange): Promise<boolean> {
  const series = await some.select({ matchers: [], range, sorted: false, limit: SERIES_MAX });
  const column = createSampleColumn(1024);
  let present = 0;
  let all = 0;
  for (let row = 0; row < series.length; row++) {
    clearColumn(column);
    series.read(row, column);
    const times = column.times.slice(0, column.length);
    const known = await timesOf(other, series.labels(row), range, column);
    all += times.length;
    for (const time of times) if (known.has(time)) present++;
  }
  return present >= SHARE_MIN * all;
}

async function timesOf(
  querier: Querier,
  labels: Labels,
  range: TimeRange,
  column: SampleColumn,
): Promise<ReadonlySet<number>> {
  const { pairs } = labels;
  const matchers = Array.from({ length: labels.size }, (_, i) => {
    return { type: '=', name: pairs[2 * i]!, value: pairs[2 * i + 1]! } as const;
  });
  const found = await querier.select({ matchers, range, sorted: false, limit: 0 });
  for (let row = 0; row < found.length; row++) {
    // Others have these labels and more.
    if (!found.labels(row).equals(labels)) continue;
    clearColumn(column);
    found.read(row, column);
    return new Set(column.times.subarray(0, column.length));
  }
  return new Set();
}
