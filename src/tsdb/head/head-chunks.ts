import type { TimeRange } from '../../storage/query.ts';
import type { HeadDeletions } from '../tombstones/head-deletions.ts';
import type { Intervals } from '../tombstones/intervals.ts';
import type { HeadMemory } from './head-memory.ts';
import { type HeadSnapshot, takeHeadSnapshot } from './head-snapshot.ts';

/** Rows looked at in one step: under a millisecond. */
const STEP_ROWS = 1024;

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
    const part = takeHeadSnapshot(memory, deletions, rows.subarray(0, count), wish);
    if (part.rows.length > 0) parts.push(part);
    yield;
  }
  return joined(parts);
}

function joined(parts: readonly HeadSnapshot[]): HeadSnapshot {
  const length = parts.reduce((sum, { rows }) => sum + rows.length, 0);
  const deleted = new Map<number, Intervals>();
  const all = {
    deleted: parts.some((part) => part.deleted !== null) ? deleted : null,
    rows: sharedWords(length),
    extents: sharedWords(length),
    byteLengths: sharedWords(length),
    counts: sharedWords(length),
    encodings: new Uint8Array(new SharedArrayBuffer(length)),
    sealed: sharedWords(length),
    late: null,
    newest: null,
    inOrderMinTime: Number.NEGATIVE_INFINITY,
    selection: 0,
  };
  let at = 0;
  for (const part of parts) {
    all.rows.set(part.rows, at);
    all.extents.set(part.extents, at);
    all.byteLengths.set(part.byteLengths, at);
    all.counts.set(part.counts, at);
    all.encodings.set(part.encodings, at);
    all.sealed.set(part.sealed, at);
    if (part.deleted !== null) for (const [place, intervals] of part.deleted) deleted.set(at + place, intervals);
    at += part.rows.length;
  }
  return all;
}

/** Another thread gets the same memory, not a copy of it. */
function sharedWords(length: number): Uint32Array {
  return new Uint32Array(new SharedArrayBuffer(4 * length));
}
