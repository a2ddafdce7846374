import { setImmediate } from 'node:timers/promises';
import { goDuration } from '../../model/go-duration.ts';
import { nodeFiles } from '../../std/node-files.ts';
import type { Turns } from '../../std/turns.ts';
import { PLAIN_FORMS } from '../chunk/sample-forms.ts';
import type { DataDirectory } from '../data-directory.ts';
import type { DatabaseReplay } from '../database-stats.ts';
import { CHUNK_RANGE_MS_DEFAULT, EXEMPLARS_MAX_DEFAULT } from '../defaults.ts';
import type { DatabaseOptions } from '../options.ts';
import { logThreads } from '../wal/ahead/log-thread.ts';
import { endWaitingThread } from '../wal/ahead/waiting-thread.ts';
import { type LoadedHead, loadHead } from './load-head.ts';

/** The log is read in steps of a few milliseconds; behind so many ms of them, or so many steps, the event loop runs. */
const REPLAY_PIECE_MS = 10;
const REPLAY_PIECE_STEPS = 32;

/**
 * Reads what a data directory has of the head: its image or snapshot, its chunks and its logs. The event loop runs in
 * between, and `onReplayProgress` hears of the segments. Samples before `minValidTime` (ms) are in blocks.
 */
export async function replayLogs(
  options: DatabaseOptions,
  directory: DataDirectory,
  minValidTime: number,
  turns: Turns,
): Promise<{ loaded: LoadedHead; replay: DatabaseReplay }> {
  const { clock, fileSystem, log, onReplayProgress } = options;
  const started = clock.monotonic();
  const chunkRangeMs = options.chunkRangeMs ?? CHUNK_RANGE_MS_DEFAULT;
  const exemplarsMax = options.exemplarsMax ?? EXEMPLARS_MAX_DEFAULT;
  const steps = loadHead({
    fileSystem,
    directory,
    log,
    chunkRangeMs,
    samplesPerChunk: options.samplesPerChunk,
    minValidTime,
    outOfOrderMs: options.outOfOrderMs,
    exemplarsMax,
    residentChunkBytes: options.residentChunkBytes,
    forms: options.forms ?? PLAIN_FORMS,
    turns,
    repairs: true,
    clock,
    ...(fileSystem === nodeFiles ? { ahead: logThreads(chunkRangeMs) } : {}),
  });
  let pieceEnd = started + REPLAY_PIECE_MS;
  for (let piece = 1; ; piece++) {
    const step = steps.next();
    if (step.done === true) {
      const loaded = step.value;
      endWaitingThread();
      const seconds = (clock.monotonic() - started) / 1000;
      const { counts, damagedBeginnings, imageSeries, snapshotSeries, wal, wbl, wblUnknownRefs } = loaded;
      const { samples, series, unknownRefs } = counts;
      log.info('Write-ahead log replayed', {
        image_series: imageSeries,
        snapshot_series: snapshotSeries,
        series,
        samples,
        unknown_refs: unknownRefs,
        duration: goDuration(1000 * seconds),
      });
      const found = { imageSeries, snapshotSeries, damagedBeginnings, wal, wbl, wblUnknownRefs };
      return { loaded, replay: { ...counts, ...found, seconds } };
    }
    if (piece < REPLAY_PIECE_STEPS && clock.monotonic() < pieceEnd) continue;
    if (step.value.first >= 0) onReplayProgress?.(step.value);
    await setImmediate();
    piece = 0;
    pieceEnd = clock.monotonic() + REPLAY_PIECE_MS;
  }
}
