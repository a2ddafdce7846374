import { goDuration } from '../../model/go-duration.ts';
import { runInTurns } from '../../std/turns.ts';
import { removeOutdatedSnapshots } from '../chunk-snapshot/remove-outdated.ts';
import { type CheckpointPlan, planCheckpoint, planWholeCheckpoint, removeCheckpointed } from '../wal/checkpoint.ts';
import { RefSet } from '../wal/ref-set.ts';
import type { MaintenanceParts } from './parts.ts';

type Parts = Pick<
  MaintenanceParts,
  | 'fileSystem'
  | 'clock'
  | 'log'
  | 'turns'
  | 'directory'
  | 'head'
  | 'wal'
  | 'walCompression'
  | 'walSegmentSize'
  | 'runner'
  | 'expiring'
  | 'counts'
  | 'observer'
>;

/**
 * Lets the older two thirds of the log go, once a checkpoint has what is still needed of it: samples from `minTime` (ms)
 * on, and series that are in the head or whose samples the log may still have. Rejects with what the checkpoint failed
 * of; the log is as it was then.
 */
export function truncateLog(parts: Parts, minTime: number): Promise<void> {
  const { directory, fileSystem, wal } = parts;
  return replaceByCheckpoint(parts, minTime, planCheckpoint(fileSystem, directory.wal, wal.cut()));
}

/** The same for the whole log: from then on it has no sample from before `minTime`. */
export function forgetBefore(parts: Parts, minTime: number): Promise<void> {
  const { directory, fileSystem, wal } = parts;
  return replaceByCheckpoint(parts, minTime, planWholeCheckpoint(fileSystem, directory.wal, wal.cut()));
}

async function replaceByCheckpoint(parts: Parts, minTime: number, plan: CheckpointPlan | null): Promise<void> {
  const { clock, counts, directory, expiring, fileSystem, head, log, observer, runner, turns, wal } = parts;
  if (plan === null) return;
  const started = clock.monotonic();
  const refs = new RefSet();
  await turns.pause();
  await runInTurns(expiring.addTo(refs, minTime), turns);
  await turns.pause();
  await runInTurns(head.liveRefs(refs), turns);
  await turns.pause();
  counts.checkpoints++;
  try {
    await runner.run({
      kind: 'checkpoint',
      directory: directory.wal,
      segment: plan.last,
      minTime,
      refs: refs.data,
      parts: wal.parts.upTo(plan.last),
      compression: parts.walCompression,
      segmentSize: parts.walSegmentSize,
      damagedDirectory: directory.walDamaged,
    });
  } catch (error) {
    counts.checkpointsFailed++;
    throw error;
  }
  expiring.drop(minTime);
  wal.parts.drop(plan.last);
  counts.checkpointDeletions++;
  try {
    await removeOutdatedSnapshots(fileSystem, directory.root, plan.last);
    await removeCheckpointed(fileSystem, directory.wal);
  } catch (error) {
    // What is left is passed over by every reader, and removed after the next checkpoint.
    counts.checkpointDeletionsFailed++;
    log.error('Cannot remove segments of the log that a checkpoint holds', { err: String(error) });
  }
  const seconds = (clock.monotonic() - started) / 1000;
  observer.walTruncation(seconds);
  log.info('WAL checkpoint complete', { first: plan.first, last: plan.last, duration: goDuration(1000 * seconds) });
}
