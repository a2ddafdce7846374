import type { Labels } from '../../model/labels.ts';
import type { FileSystem } from '../../std/file-system.ts';
import { clearColumn } from '../../storage/merge-columns.ts';
import { mergeQueriers } from '../../storage/merge-queriers.ts';
import { createSampleColumn, type Querier, type SampleColumn, type TimeRange } from '../../storage/query.ts';
import type { Log } from '../../telemetry/log.ts';
import type { BlockList } from '../block/block-list.ts';
import { OUT_OF_ORDER_HINT } from '../block/block-meta.ts';
import { markBlock } from '../block/write-block-meta.ts';
import type { Head } from '../head/head.ts';

/** So many series of the head answer for all. */
const SERIES_MAX = 64;
/** From this share of their samples on, a block was made of them: the others were deleted, and the block written again elsewhere. */
const SHARE_MIN = 0.05;

export interface CoverOptions {
  /** The data directory. */
  readonly directory: string;
  readonly fileSystem: FileSystem;
  readonly log: Log;
  /** How long a block is that is cut from the head, ms. */
  readonly chunkRangeMs: number;
  /** True marks the blocks that have not what they seem to have, as blocks of late samples. */
  readonly repairs: boolean;
}

/**
 * Ends what reading the log begins: the head shows nothing that blocks have as well. Where a block only seems to have it
 * (`certainEnd`), the log was read from before that, and is looked up in the blocks: either a good part of it is there, or next
 * to nothing, and then it stays in the head. So it does where a block can not be read. Resolves with true where blocks were marked:
 * the list of blocks has to be made again. Rejects with a `FileSystemError` where they can not be.
 */
export async function hideCovered(head: Head, blocks: BlockList, options: CoverOptions): Promise<boolean> {
  const { chunkRangeMs, directory, fileSystem, log, repairs } = options;
  const doubtful = blocks.doubtful(chunkRangeMs);
  if (doubtful.length === 0) return false;
  const { coveredTime } = blocks;
  const range = { minTime: blocks.certainTime(chunkRangeMs), maxTime: coveredTime - 1 };
  const where = { from: range.minTime, to: coveredTime, blocks: doubtful.map(({ ulid }) => ulid).join(' ') };
  const inHead = head.querier(range);
  const inBlocks = mergeQueriers(blocks.queriers(range, { deleted: true }));
  try {
    if (await hasThese(inBlocks, inHead, range)) {
      head.advance(coveredTime);
      return false;
    }
  } catch (error) {
    log.warn('Samples of the log are kept that a block may have, which can not be read', { ...where, err: error });
    return false;
  } finally {
    inHead.close();
    inBlocks.close();
  }
  log.warn('Samples of the log are kept that merged blocks seem to have and have not', where);
  if (!repairs) return false;
  for (const { ulid } of doubtful) markBlock(fileSystem, `${directory}/${ulid}`, { hint: OUT_OF_ORDER_HINT });
  return true;
}

/** True where the blocks have a good part of what the head has of some series, or the head has nothing. */
async function hasThese(blocks: Querier, head: Querier, range: TimeRange): Promise<boolean> {
  const series = await head.select({ matchers: [], range, sorted: false, limit: 0 });
  const column = createSampleColumn(1024);
  // Neighbours were often deleted together.
  const stride = Math.max(1, Math.floor(series.length / SERIES_MAX));
  let present = 0;
  let all = 0;
  for (let row = 0; row < series.length; row += stride) {
    clearColumn(column);
    series.read(row, column);
    if (column.length === 0) continue;
    const times = column.times.slice(0, column.length);
    const known = await timesOf(blocks, series.labels(row), range, column);
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
