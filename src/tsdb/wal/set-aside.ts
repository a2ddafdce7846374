import type { FileHandle, FileSystem } from '../../std/file-system.ts';
import type { BadBytes } from './segment-reader.ts';

/**
 * Copies damaged bytes of a segment to `directory/NNNNNNNN.OFFSET`, where nothing reads them again. The same damage
 * found at the next start makes the same file, which is not written twice. Returns the path.
 */
export function setAside(
  fileSystem: FileSystem,
  directory: string,
  name: string,
  segment: FileHandle,
  bad: BadBytes,
): string {
  const path = `${directory}/${name}.${bad.offset}`;
  if (fileSystem.statSync(path)?.size === bad.size) return path;
  fileSystem.makeDirectorySync(directory);
  const temporary = `${path}.tmp`;
  const copy = fileSystem.openSync(temporary, 'w');
  try {
    const buffer = new Uint8Array(Math.min(bad.size, COPY_SIZE));
    for (let done = 0; done < bad.size; ) {
      const read = segment.readSync(buffer, 0, Math.min(buffer.length, bad.size - done), bad.offset + done);
      if (read === 0) break;
      if (copy.writeSync(buffer, 0, read, done) < read) throw new Error(`Cannot write ${temporary}: it was cut short`);
      done += read;
    }
    copy.syncSync();
  } catch (error) {
    copy.closeSync();
    fileSystem.removeSync(temporary);
    throw error;
  }
  copy.closeSync();
  fileSystem.renameSync(temporary, path);
  fileSystem.syncDirectorySync(directory);
  return path;
}

const COPY_SIZE = 1024 * 1024;
