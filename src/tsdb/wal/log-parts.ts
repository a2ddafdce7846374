import type { FileSystem } from '../../std/file-system.ts';
import { type Checkpoint, lastCheckpoint, listSegments, segmentName, segmentPath } from './segments.ts';

/** `fixed` files belong to a checkpoint, which is never changed. */
export type FileRole = 'fixed' | 'older' | 'last';

/** A file of the log, to be read from `from` on. */
export interface LogPart {
  readonly path: string;
  readonly from: number;
  readonly name: string;
  readonly role: FileRole;
  /** The segment that progress tells of meanwhile. */
  readonly number: number;
}

/** What is read of a log, in this order. */
export interface LogParts {
  readonly checkpoint: Checkpoint | null;
  /** Number of the first segment that is read, if it is there, and of those that are, rising. */
  readonly begin: number;
  readonly segments: readonly number[];
  readonly parts: readonly LogPart[];
}

/** The last checkpoint and the segments after it, or what lies behind `from`. */
export function logParts(
  fileSystem: FileSystem,
  directory: string,
  from: { readonly segment: number; readonly offset: number } | null,
): LogParts {
  const checkpoint = lastCheckpoint(fileSystem, directory);
  const begin = from?.segment ?? (checkpoint === null ? 0 : checkpoint.segment + 1);
  const segments = listSegments(fileSystem, directory).filter((n) => n >= begin);
  const parts = [
    ...(checkpoint === null || from !== null ? [] : checkpointParts(fileSystem, checkpoint, segments[0] ?? -1)),
    ...segments.map((number, i) => ({
      path: segmentPath(directory, number),
      from: number === from?.segment ? from.offset : 0,
      name: segmentName(number),
      role: i === segments.length - 1 ? ('last' as const) : ('older' as const),
      number,
    })),
  ];
  return { checkpoint, begin, segments, parts };
}

function checkpointParts(fileSystem: FileSystem, { path, segment }: Checkpoint, number: number): LogPart[] {
  return listSegments(fileSystem, path).map((part) => {
    const name = `checkpoint.${segmentName(segment)}.${segmentName(part)}`;
    return { path: segmentPath(path, part), from: 0, name, role: 'fixed' as const, number };
  });
}
