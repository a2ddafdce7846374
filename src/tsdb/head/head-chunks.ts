import type { TimeRange } from '../../storage/query.ts';
import { PLAIN_FORMS } from '../chunk/sample-forms.ts';
import type { DeletedTimes } from '../tombstones/deleted-times.ts';
import type { HeadDeletions } from '../tombstones/head-deletions.ts';
import type { HeadMemory } from './head-memory.ts';
import { type HeadSnapshot, takeHeadSnapshot } from './head-snapshot.ts';

/** Rows looked at in one step: under a millisecond. */
const STEP_ROWS = 512;

/** Series of the head with the chunks of a range, for whoever writes a block of them: plain data, for any thread. */
export interface HeadChunks {
  /** In no useful order. */
  readonly snapshot: HeadSnapshot;
  /** Both times (ms) are included. */
  readonly range: TimeRange;
}

/**
 * The rows that have chunks in the range, in steps. The caller holds a pin from before the first step. Each series is
 * seen as it stands at its step; where nothing is appended to the range any more, all of them as at one moment.
 */
export function* snapshotRange(
  memory: HeadMemory,
  deletions: HeadDeletions,
  range: TimeRange,
  isWanted: (row: number) => boolean = () => true,
): Generator<undefined, HeadSnapshot> {
  const { series } = memory;
  const parts: HeadSnapshot[] = [];
  const { rowCount } = series;
  for (let from = 0; from < rowCount; from += STEP_ROWS) {
    const rows = new Uint32Array(Math.min(STEP_ROWS, rowCount - from));
    let count = 0;
    for (let row = from; row < from + rows.length; row++) if (series.isLive(row) && isWanted(row)) rows[count++] = row;
    const wish = { range, inOrderMinTime: Number.NEGATIVE_INFINITY, limit: 0, late: false, newest: false };
    yield* memory.transactions.settleApplying();
    const part = takeHeadSnapshot(memory, deletions, rows.subarray(0, count), wish);
    if (part.rows.length > 0) parts.push(part);
    yield;
  }
  return yield* joined(parts);
}

/** Parts joined in one step. */
const STEP_PARTS = 32;

function* joined(parts: readonly HeadSnapshot[]): Generator<undefined, HeadSnapshot> {
  const length = parts.reduce((sum, { rows }) => sum + rows.length, 0);
  const all = {
    rows: sharedWords(length),
    extents: sharedWords(length),
    byteLengths: sharedWords(length),
    counts: sharedWords(length),
    encodings: new Uint8Array(new SharedArrayBuffer(length)),
    sealed: sharedWords(length),
  };
  let at = 0;
  for (const [number, part] of parts.entries()) {
    all.rows.set(part.rows, at);
    all.extents.set(part.extents, at);
    all.byteLengths.set(part.byteLengths, at);
    all.counts.set(part.counts, at);
    all.encodings.set(part.encodings, at);
    all.sealed.set(part.sealed, at);
    at += part.rows.length;
    if (number % STEP_PARTS === STEP_PARTS - 1) yield;
  }
  const deleted = yield* joinedDeletions(parts);
  const rest = { late: null, newest: null, inOrderMinTime: Number.NEGATIVE_INFINITY, selection: 0, forms: PLAIN_FORMS };
  return { ...all, deleted, ...rest };
}

function* joinedDeletions(parts: readonly HeadSnapshot[]): Generator<undefined, DeletedTimes | null> {
  let placeCount = 0;
  let timeCount = 0;
  for (const { deleted } of parts) {
    placeCount += deleted?.places.length ?? 0;
    timeCount += deleted?.times.length ?? 0;
  }
  if (placeCount === 0) return null;
  const places = sharedWords(placeCount);
  const starts = sharedWords(placeCount + 1);
  const times = new Float64Array(new SharedArrayBuffer(8 * timeCount));
  let first = 0;
  let place = 0;
  let time = 0;
  for (const [number, { deleted, rows }] of parts.entries()) {
    if (deleted !== null) {
      for (let i = 0; i < deleted.places.length; i++) {
        places[place + i] = first + deleted.places[i]!;
        starts[place + i + 1] = time + deleted.starts[i + 1]!;
      }
      times.set(deleted.times, time);
      place += deleted.places.length;
      time += deleted.times.length;
    }
    first += rows.length;
    if (number % STEP_PARTS === STEP_PARTS - 1) yield;
  }
  return { places, starts, times };
}

/** Another thread gets the same memory, not a copy of it. */
function sharedWords(length: number): Uint32Array {
  return new Uint32Array(new SharedArrayBuffer(4 * length));
}
