import { crc32c } from '../../kernels/crc32c.ts';
import { type FileSystem, FileSystemError } from '../../std/file-system.ts';
import { lastCheckpoint, segmentPath } from '../wal/segments.ts';

/** A place of the log, and what lies before it. */
export interface LogPlace {
  readonly segment: number;
  /** Above 0. */
  readonly offset: number;
  /** CRC-32C of the bytes before it, at most so many. */
  readonly checksum: number;
}

const CHECKED_BYTES = 64 * 1024;

/** The place as it can be known again. Throws `FileSystemError`. */
function logPlace(fileSystem: FileSystem, directory: string, segment: number, offset: number): LogPlace {
  return { segment, offset, checksum: checksumBefore(fileSystem, directory, segment, offset) };
}

/**
 * The place of the log behind which nothing is written yet, while its writer is at `offset` of `segment`: where it has
 * written nothing into that segment, the end of the one before that has something. null where there is none.
 */
export function lastLogPlace(
  fileSystem: FileSystem,
  directory: string,
  segment: number,
  offset: number,
): LogPlace | null {
  if (offset > 0) return logPlace(fileSystem, directory, segment, offset);
  const covered = lastCheckpoint(fileSystem, directory)?.segment ?? -1;
  for (let before = segment - 1; before > covered; before--) {
    const size = fileSystem.statSync(segmentPath(directory, before))?.size;
    if (size === undefined) return null;
    if (size > 0) return logPlace(fileSystem, directory, before, size);
  }
  return null;
}

/** Why the log can not be read on from that place, or null where it can. */
export function whyNotFrom(fileSystem: FileSystem, directory: string, place: LogPlace): string | null {
  const path = segmentPath(directory, place.segment);
  const checkpoint = lastCheckpoint(fileSystem, directory);
  if (checkpoint !== null && checkpoint.segment >= place.segment) return 'the log has a newer checkpoint';
  const size = fileSystem.statSync(path)?.size ?? -1;
  if (size < place.offset) return `segment ${place.segment} of the log ends before offset ${place.offset}`;
  const isSame = checksumBefore(fileSystem, directory, place.segment, place.offset) === place.checksum;
  return isSame ? null : `segment ${place.segment} of the log has other bytes before offset ${place.offset}`;
}

function checksumBefore(fileSystem: FileSystem, directory: string, segment: number, offset: number): number {
  const bytes = new Uint8Array(Math.min(CHECKED_BYTES, offset));
  const file = fileSystem.openSync(segmentPath(directory, segment), 'r');
  try {
    const read = file.readSync(bytes, 0, bytes.length, offset - bytes.length);
    if (read < bytes.length) throw new FileSystemError('read', file.path, `it ends before offset ${offset}`, 'EIO');
  } finally {
    file.closeSync();
  }
  return crc32c(bytes, 0, bytes.length, 0);
}
