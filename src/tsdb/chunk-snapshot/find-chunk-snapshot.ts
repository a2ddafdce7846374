import type { FileSystem } from '../../std/file-system.ts';
import { lastCheckpoint, listSegments, segmentPath } from '../wal/segments.ts';

/** A directory that Prometheus has written its head to, up to some place of the log. */
export interface ChunkSnapshot {
  readonly path: string;
  /** Where the log has what the snapshot does not have. */
  readonly place: { readonly segment: number; readonly offset: number };
}

const NAME = /^chunk_snapshot\.(\d{1,15})\.(\d{1,15})$/;

/** The newest snapshot of a data directory, or null. */
export function lastChunkSnapshot(fileSystem: FileSystem, root: string): ChunkSnapshot | null {
  let last: ChunkSnapshot | null = null;
  for (const snapshot of chunkSnapshots(fileSystem, root)) {
    if (last === null || isLater(snapshot.place, last.place)) last = snapshot;
  }
  return last;
}

/** All that are whole, in no order. */
export function chunkSnapshots(fileSystem: FileSystem, root: string): ChunkSnapshot[] {
  if (fileSystem.statSync(root) === null) return [];
  const found: ChunkSnapshot[] = [];
  for (const { kind, name } of fileSystem.readDirectorySync(root)) {
    const match = kind === 'directory' ? NAME.exec(name) : null;
    if (match === null) continue;
    found.push({ path: `${root}/${name}`, place: { segment: Number(match[1]), offset: Number(match[2]) } });
  }
  return found;
}

/** True where a place of the log is behind another one. */
export function isLater(a: ChunkSnapshot['place'], b: ChunkSnapshot['place']): boolean {
  return a.segment > b.segment || (a.segment === b.segment && a.offset > b.offset);
}

/** Why the log can not be read on from a snapshot, or null where it can. */
export function whyNotBehind(fileSystem: FileSystem, walDirectory: string, { place }: ChunkSnapshot): string | null {
  const checkpoint = lastCheckpoint(fileSystem, walDirectory);
  if (checkpoint !== null && checkpoint.segment >= place.segment) return 'the log has a newer checkpoint';
  if (!listSegments(fileSystem, walDirectory).includes(place.segment)) {
    return `the log has no segment ${place.segment}`;
  }
  const size = fileSystem.statSync(segmentPath(walDirectory, place.segment))?.size ?? 0;
  return size < place.offset ? `segment ${place.segment} of the log ends before offset ${place.offset}` : null;
}
