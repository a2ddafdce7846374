import { type FileSystem, FileSystemError } from '../../std/file-system.ts';
import { framedSizeMax, frameRecord } from './framing.ts';
import { SegmentReader } from './segment-reader.ts';

/** Bytes collected before a write. */
const WRITE_BYTES = 1024 * 1024;

export interface RewriteOptions {
  readonly fileSystem: FileSystem;
  /** Of the segment, which is not written to meanwhile. */
  readonly path: string;
  readonly recordBytesMax: number;
  /** Offsets of records that verify and still can not be read; they are left out. */
  readonly leftOut: ReadonlySet<number>;
}

/**
 * Replaces a segment by one that holds nothing but its sound records, in their order and as they are compressed, so that
 * a reader that ends at the first damage (Prometheus deletes what follows it) finds all of them. The old segment stays
 * whole until the new one is on the disk. Yields about once a megabyte; throws a `FileSystemError`, and then the segment
 * is as it was.
 */
export function* rewriteSegment({ fileSystem, leftOut, path, recordBytesMax }: RewriteOptions): Generator<void, void> {
  const temporary = `${path}.tmp`;
  const source = fileSystem.openSync(path, 'r');
  try {
    const target = fileSystem.openSync(temporary, 'w');
    try {
      const reader = new SegmentReader(source, recordBytesMax);
      let frames = new Uint8Array(2 * WRITE_BYTES);
      let filled = 0;
      let written = 0;
      const flush = (): void => {
        const count = target.writeSync(frames, 0, filled, written);
        if (count < filled) {
          throw new FileSystemError('write', temporary, `only ${count} of ${filled} bytes were written`, 'ENOSPC');
        }
        written += filled;
        filled = 0;
      };
      while (reader.next()) {
        if (leftOut.has(reader.recordOffset)) continue;
        const needed = framedSizeMax(reader.recordSize);
        if (filled + needed > frames.length) {
          flush();
          yield;
          if (needed > frames.length) frames = new Uint8Array(needed);
        }
        const { record, recordFlags, recordSize } = reader;
        filled = frameRecord(record, recordSize, recordFlags, frames, filled, written + filled);
      }
      flush();
      target.syncSync();
    } finally {
      target.closeSync();
    }
    fileSystem.renameSync(temporary, path);
    fileSystem.syncDirectorySync(path.slice(0, path.lastIndexOf('/')));
  } catch (error) {
    fileSystem.removeSync(temporary);
    throw error;
  } finally {
    source.closeSync();
  }
}
