import { goDuration } from '../../model/go-duration.ts';
import { runInTurns } from '../../std/turns.ts';
import { rangeEnd } from '../chunk/cut-rule.ts';
import { writeHeadBlock } from './head-block.ts';
import type { MaintenanceParts } from './parts.ts';
import { takeInBlock } from './reload-blocks.ts';

/** How often it is looked whether the queriers that may need what is to be truncated are closed, ms. */
const READERS_LOOK_MS = 20;
/** A querier that is open for longer keeps the head from being truncated until the next time, ms. */
const READERS_WAIT_MS = 5 * 60 * 1000;

/**
 * Moves the oldest range of the head to a block: writes the block, takes it into the list, and forgets what it has.
 * Returns the end of the range (ms, exclusive). Rejects where one of the steps fails; what was not moved is moved the
 * next time.
 */
export async function compactHead(parts: MaintenanceParts): Promise<number> {
  const { chunkRangeMs, head, log, turns } = parts;
  const { minTime } = head.bounds;
  const maxTime = rangeEnd(minTime, chunkRangeMs);
  const meta = await writeHeadBlock(parts, { minTime, maxTime });
  await turns.pause();
  if (meta !== null) {
    const { samples, series } = meta.stats;
    log.info('Wrote a block of the head', { ulid: meta.ulid, minTime, maxTime, series, samples });
    await takeInBlock(parts, meta.ulid);
    await turns.pause();
  }
  await truncateHead(parts, maxTime);
  return maxTime;
}

/** Forgets what is older than `before` (ms), which is in blocks, as soon as no querier needs it. */
async function truncateHead(parts: MaintenanceParts, before: number): Promise<void> {
  const { clock, counts, expiring, head, lateSamples, observer, turns } = parts;
  counts.headTruncations++;
  try {
    await closedReaders(parts, head.advance(before));
    const started = clock.monotonic();
    const removed: number[] = [];
    const steps = head.truncate({
      before,
      onRemoved: (refs) => removed.push(...refs),
    });
    try {
      await runInTurns(steps, turns);
    } finally {
      // The log may have samples of them up to now; a checkpoint that begins later has none.
      expiring.add(removed, head.bounds.minTime);
    }
    await turns.pause();
    await runInTurns(head.deletions.truncate(before), turns);
    head.chunkStore?.removeBefore(before, lateSamples?.firstChunkFile() ?? Number.POSITIVE_INFINITY);
    const seconds = (clock.monotonic() - started) / 1000;
    observer.headGc(seconds);
    parts.log.info('Head GC completed', {
      before,
      series_removed: removed.length,
      duration: goDuration(1000 * seconds),
    });
  } catch (error) {
    counts.headTruncationsFailed++;
    throw error;
  }
}

/** Resolves when the queriers of an epoch and of those before are closed; rejects when that takes too long. */
async function closedReaders({ clock, head }: MaintenanceParts, epoch: number): Promise<void> {
  const end = clock.monotonic() + READERS_WAIT_MS;
  while (head.hasReadersOf(epoch)) {
    if (clock.monotonic() >= end) throw new Error('Cannot truncate the head: a query has been reading it for minutes');
    await new Promise<void>((resolve) => {
      clock.after(READERS_LOOK_MS, resolve);
    });
  }
}
