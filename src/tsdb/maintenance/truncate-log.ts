import { runInTurns } from '../../std/turns.ts';
import { planCheckpoint, removeCheckpointed } from '../wal/checkpoint.ts';
import { RefSet } from '../wal/ref-set.ts';
import type { ExpiringRefs } from './expiring-refs.ts';
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
  | 'counts'
  | 'observer'
>;

/**
 * Lets the older two thirds of the log go, once a checkpoint has what is still needed of it: samples from `minTime` (ms)
 * on, and series that are in the head or whose samples the log may still have. Rejects with what the checkpoint failed
 * of; the log is as it was then.
 */
export async function truncateLog(parts: Parts, expiring: ExpiringRefs, minTime: number): Promise<void> {
  const { clock, counts, directory, fileSystem, head, log, observer, runner, turns, wal } = parts;
  const started = clock.monotonic();
  const current = wal.cut();
  const plan = planCheckpoint(fileSystem, directory.wal, current);
  if (plan === null) return;
  const refs = new RefSet();
  expiring.addTo(refs, minTime);
  await runInTurns(head.liveRefs(refs), turns);
  counts.checkpoints++;
  try {
    await runner.run({
      kind: 'checkpoint',
      directory: directory.wal,
      segment: plan.last,
      minTime,
      refs: refs.data,
      times: wal.times.upTo(plan.last),
      compression: parts.walCompression,
      segmentSize: parts.walSegmentSize,
      damagedDirectory: directory.walDamaged,
    });
  } catch (error) {
    counts.checkpointsFailed++;
    throw error;
  }
  expiring.drop(minTime);
  wal.times.drop(plan.last);
  counts.checkpointDeletions++;
  try {
    await removeCheckpointed(fileSystem, directory.wal);
  } catch (error) {
    // What is left is passed over by every reader, and removed after the next checkpoint.
    counts.checkpointDeletionsFailed++;
    log.error('Cannot remove segments of the log that a checkpoint holds', { err: String(error) });
  }
  const seconds = (clock.monotonic() - started) / 1000;
  observer.walTruncation(seconds);
  log.info('WAL checkpoint complete', { first: plan.first, last: plan.last, duration: seconds });
}
