import { runInTurns } from '../../std/turns.ts';
import { STALE_HINT } from '../block/block-meta.ts';
import { writeHeadBlock } from './head-block.ts';
import type { MaintenanceParts } from './parts.ts';
import { takeInBlock } from './reload-blocks.ts';

/**
 * Moves the series whose last sample is a stale marker to blocks of their own, one for each range, and out of the head,
 * apart from those that came back meanwhile and those with late samples. The head's bounds stay. Returns how many left.
 */
export async function compactStaleSeries(parts: MaintenanceParts): Promise<number> {
  const { chunkRangeMs, head, turns } = parts;
  const stale = await runInTurns(head.staleSeries(), turns);
  if (stale.size === 0) return 0;
  const { minTime, maxTime } = head.bounds;
  const first = Math.floor(minTime / chunkRangeMs) * chunkRangeMs;
  for (let from = first; from <= maxTime; from += chunkRangeMs) {
    const meta = await writeHeadBlock(parts, {
      minTime: from,
      maxTime: from + chunkRangeMs,
      isWanted: (row) => stale.has(row),
      hints: [STALE_HINT],
    });
    if (meta !== null) await takeInBlock(parts, meta.ulid);
  }
  const removed: number[] = [];
  await runInTurns(
    head.removeStale(stale, (refs) => removed.push(...refs)),
    turns,
  );
  parts.expiring.add(removed, maxTime);
  return removed.length;
}
