import type { HeadDeletions } from '../tombstones/head-deletions.ts';
import type { HeadLog } from '../wal/head-log.ts';
import { seriesDeletedRecord } from '../wal/records.ts';
import { NO_TIMES } from '../wal/segment-parts.ts';
import type { HeadMemory } from './head-memory.ts';
import type { HeadState } from './head-state.ts';
import type { OpenChunks } from './open-chunks.ts';
import type { SeriesDirectory } from './series-directory.ts';
import type { SeriesRemoval } from './series-removal.ts';
import type { StaleSeries } from './stale-series.ts';

/** Rows looked at in one step while empty series are taken out, and how many of them one counts for that is looked at closely. */
const EMPTY_STEP = 16_384;
const CLOSE_LOOK = 32;
/** Series removed in one step, and those of one record that says so. */
const STALE_STEP = 128;
const STALE_RECORD = 4096;

export interface LeavingParts {
  readonly memory: HeadMemory;
  readonly directory: SeriesDirectory;
  readonly openChunks: OpenChunks;
  readonly deletions: HeadDeletions;
  readonly state: Readonly<HeadState>;
}

/** Told all refs of each series that leaves. */
type OnRemoved = (refs: readonly number[]) => void;

/** As `Head.removeEmpty`: series without late samples whose others are all older than `minValidTime`. */
export function* removeEmptySeries(
  parts: LeavingParts,
  minValidTime: number,
  onRemoved: OnRemoved,
): Generator<undefined, void> {
  const { outOfOrder, series } = parts.memory;
  const { kernel } = parts.openChunks;
  const removal = parts.directory.removal();
  const oldest = Math.max(minValidTime, -Number.MAX_VALUE);
  let left = EMPTY_STEP;
  for (let row = 0; row < series.rowCount; ) {
    const from = row;
    row = kernel.firstOlder(from, Math.min(series.rowCount, from + left), oldest);
    left -= row - from;
    if (left > 0 && row < series.rowCount) {
      if (series.isLive(row) && !(series.lastTime(row) >= oldest) && !outOfOrder.has(row)) {
        remove(parts, removal, row, onRemoved);
      }
      row++;
      left -= CLOSE_LOOK;
    }
    if (left > 0) continue;
    left = EMPTY_STEP;
    yield;
  }
  yield* removal.finish();
}

/** As `Head.removeStale`. */
export function* removeStaleSeries(
  parts: LeavingParts,
  stale: StaleSeries,
  log: HeadLog,
  onRemoved: OnRemoved,
): Generator<undefined, void> {
  const { outOfOrder, series } = parts.memory;
  const removal = parts.directory.removal();
  const gone: number[] = [];
  for (let i = 0; i < stale.size; i++) {
    if (i % STALE_STEP === STALE_STEP - 1) yield;
    if (parts.memory.transactions.isUnderWay) yield* parts.memory.transactions.settle();
    while (parts.state.activeAppenders > 0) yield;
    const row = stale.rows[i]!;
    if (!series.isLive(row) || series.lastTime(row) !== stale.lastTimes[i] || outOfOrder.has(row)) continue;
    gone.push(...remove(parts, removal, row, onRemoved));
  }
  yield* removal.finish();
  for (let from = 0; from < gone.length; from += STALE_RECORD) {
    log.append([seriesDeletedRecord(gone.slice(from, from + STALE_RECORD))], NO_TIMES);
    yield;
  }
}

function remove(
  { deletions }: LeavingParts,
  removal: SeriesRemoval,
  row: number,
  onRemoved: OnRemoved,
): readonly number[] {
  const refs = removal.add(row);
  for (const ref of refs) deletions.forget(ref);
  onRemoved(refs);
  return refs;
}
