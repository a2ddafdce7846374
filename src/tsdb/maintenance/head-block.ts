import { runInTurns } from '../../std/turns.ts';
import type { WrittenBlock } from '../compact/write-block.ts';
import type { MaintenanceParts } from './parts.ts';

type Parts = Pick<
  MaintenanceParts,
  'clock' | 'turns' | 'directory' | 'head' | 'runner' | 'newUlid' | 'counts' | 'observer' | 'segmentBytesMax'
>;

export interface HeadBlockRange {
  /** ms; the end is exclusive. */
  readonly minTime: number;
  readonly maxTime: number;
  /** The rows that go in; all where it is missing. */
  readonly isWanted?: (row: number) => boolean;
  readonly hints?: readonly string[];
}

/**
 * Writes a block of what the head has in a range, in the maintenance thread; null where that is nothing. Rejects with
 * what the task failed of, and with `TaskCancelled`.
 */
export async function writeHeadBlock(parts: Parts, range: HeadBlockRange): Promise<WrittenBlock | null> {
  const { clock, counts, directory, head, newUlid, observer, runner, segmentBytesMax, turns } = parts;
  const { hints = [], isWanted, maxTime, minTime } = range;
  // A transaction that began before may still bring samples into the range.
  while (head.hasOpenAppender) await turns.pause();
  const started = clock.monotonic();
  const unpin = head.pin();
  counts.isWritingBlock = true;
  try {
    const inside = { minTime, maxTime: maxTime - 1 };
    const snapshot = await runInTurns(head.chunks(inside, isWanted), turns);
    if (snapshot.rows.length === 0) return null;
    await turns.pause();
    const meta = await runner.run({
      kind: 'write-head-block',
      slabs: head.newSlabs([]),
      chunks: { snapshot, range: inside },
      directory: directory.root,
      chunksHead: directory.chunksHead,
      ulid: newUlid(),
      minTime,
      maxTime,
      hints,
      segmentBytesMax,
    });
    if (meta !== null) {
      counts.compactions++;
      observer.compaction((clock.monotonic() - started) / 1000);
      observer.firstChunks(meta.chunks);
    }
    return meta;
  } finally {
    counts.isWritingBlock = false;
    unpin();
  }
}
