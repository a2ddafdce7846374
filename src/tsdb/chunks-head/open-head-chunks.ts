import type { FileHandle, FileSystem } from '../../std/file-system.ts';
import type { Log } from '../../telemetry/log.ts';
import type { DamagedFile } from '../damaged-file.ts';
import { setAside } from '../wal/set-aside.ts';
import { FILE_HEADER_BYTES, headChunksFileName, headChunksFileNumber } from './head-chunk-format.ts';
import type { HeadChunkReader } from './head-chunk-reader.ts';
import type { HeadChunkSlots } from './head-chunk-slots.ts';
import type { HeadChunkFile } from './head-chunk-writer.ts';
import { type HeadChunk, listHeadChunks } from './list-head-chunks.ts';

export interface OpenHeadChunksOptions {
  readonly fileSystem: FileSystem;
  readonly directory: string;
  readonly slots: HeadChunkSlots;
  /** Takes the open files over. */
  readonly reader: HeadChunkReader;
  readonly log: Log;
  /** Where damaged bytes are copied to before they are cut off; null where nothing may be changed. */
  readonly damagedDirectory: string | null;
  /** Files that are known up to an offset: what lies before it is not read again. */
  readonly known: ReadonlyMap<number, HeadChunkFile>;
  /** Gets each chunk in order, in the order in which they were written; the same object each time. */
  readonly visit: (chunk: HeadChunk) => void;
  /** The same for chunks out of order; those of files that are known come too. */
  readonly visitLate: (chunk: HeadChunk) => void;
}

/** What was found in `chunks_head/`. */
export interface OpenedHeadChunks {
  /** In the order of their numbers. */
  readonly files: readonly HeadChunkFile[];
  /** Where the first damage is; chunks in order behind it were not visited, since what lies between is not known. */
  readonly damage: DamagedFile | null;
  /** Something of the known files with chunks in order is not there any more. */
  readonly lostBytes: boolean;
}

/** A file that ends otherwise than it should. */
interface DamagedEnd {
  readonly number: number;
  readonly handle: FileHandle;
  readonly damage: DamagedFile;
  readonly isTorn: boolean;
}

/**
 * Reads the entries of all files, in steps of a MiB. A directory that is not there has none.
 *
 * Damage ends the file that it is in and the chunks in order, of which the log has all samples; chunks out of order are
 * taken from the files that follow as well. What a crash left at the end of the files that were being written is cut off,
 * so that files written from now on follow sound ones. Throws `FileSystemError`.
 */
export function* openHeadChunks(options: OpenHeadChunksOptions): Generator<void, OpenedHeadChunks> {
  const { directory, fileSystem, log, reader, slots, visit, visitLate } = options;
  const files: HeadChunkFile[] = [];
  const ends: DamagedEnd[] = [];
  let damage: DamagedFile | null = null;
  const kept = new Map<number, number>();
  const numbers = fileNumbers(fileSystem, directory);
  for (const number of numbers) {
    const path = `${directory}/${headChunksFileName(number)}`;
    const handle = fileSystem.openSync(path, 'r');
    const slot = slots.take(number);
    if (slot === 0) {
      handle.closeSync();
      log.warn('There are too many files in chunks_head, the rest is left out', { path });
      break;
    }
    reader.adopt(slot, handle);
    const known = options.known.get(number);
    const knownEnd = known?.bytes ?? 0;
    let lastTime = known?.lastTime ?? Number.NEGATIVE_INFINITY;
    let late = 0;
    const visitEntry = (chunk: HeadChunk) => {
      if (chunk.isOutOfOrder) {
        late++;
        visitLate(chunk);
      } else if (chunk.offset >= knownEnd) {
        lastTime = Math.max(lastTime, chunk.lastTime);
        if (damage === null) visit(chunk);
      }
    };
    // Where the chunks out of order are nobody knows, so such a file is read from its beginning.
    const from = known === undefined || known.outOfOrder > 0 ? 0 : knownEnd;
    const { damage: found, end, isTorn } = yield* listHeadChunks(handle, slot, visitEntry, from);
    kept.set(number, Math.min(end, handle.sizeSync()));
    const isBegun = handle.sizeSync() >= FILE_HEADER_BYTES;
    if (found !== null) ends.push({ number, handle, damage: found, isTorn });
    if (found !== null && (isBegun || number !== numbers.at(-1))) {
      damage ??= found;
      log.warn('Chunks of the head behind damaged bytes are left out; the log has their samples', {
        err: found.message,
      });
    }
    files.push({ number, slot, bytes: handle.sizeSync(), lastTime, outOfOrder: late });
  }
  const gone = repair(options, files, ends);
  for (const { slot } of gone) slots.release(slot);
  const lostBytes = [...options.known.values()].some(
    ({ bytes, lastTime, number }) => lastTime !== Number.NEGATIVE_INFINITY && (kept.get(number) ?? 0) < bytes,
  );
  return { files: files.filter((file) => !gone.includes(file)), damage, lostBytes };
}

/**
 * Cuts the damage at the end of the newest file off, and what is torn off the end of others that may have been written at
 * the same time: those with no chunk in order in a later file. Returns the files that are gone.
 */
function repair(
  options: OpenHeadChunksOptions,
  files: HeadChunkFile[],
  ends: readonly DamagedEnd[],
): readonly HeadChunkFile[] {
  const { damagedDirectory } = options;
  if (damagedDirectory === null) return [];
  const gone: HeadChunkFile[] = [];
  for (const { damage, handle, isTorn, number } of ends) {
    const later = files.filter((file) => file.number > number);
    const mayBeNewest = later.length === 0 || (isTorn && damage.offset >= FILE_HEADER_BYTES);
    if (!mayBeNewest || later.some(({ lastTime }) => lastTime !== Number.NEGATIVE_INFINITY)) continue;
    const at = files.findIndex((file) => file.number === number);
    const file = files[at]!;
    if (cutOff(options, damagedDirectory, handle, damage)) files[at] = { ...file, bytes: handle.sizeSync() };
    else gone.push(file);
  }
  return gone;
}

function fileNumbers(fileSystem: FileSystem, directory: string): number[] {
  if (fileSystem.statSync(directory) === null) return [];
  const numbers: number[] = [];
  for (const { kind, name } of fileSystem.readDirectorySync(directory)) {
    const number = headChunksFileNumber(name);
    if (kind === 'file' && number !== null && headChunksFileName(number) === name) numbers.push(number);
  }
  return numbers.sort((a, b) => a - b);
}

/** Ends a file before its damage. False where nothing of the file is left. */
function cutOff(
  { fileSystem, log }: OpenHeadChunksOptions,
  damagedDirectory: string,
  file: FileHandle,
  { offset, path, reason }: DamagedFile,
): boolean {
  const size = file.sizeSync() - offset;
  const name = `chunks_head.${path.slice(path.lastIndexOf('/') + 1)}`;
  try {
    if (size > 0) setAside(fileSystem, damagedDirectory, name, file, { offset, size, reason });
    if (offset < FILE_HEADER_BYTES) {
      fileSystem.removeSync(path);
      return false;
    }
    const writable = fileSystem.openSync(path, 'r+');
    try {
      writable.truncateSync(offset);
      writable.syncSync();
    } finally {
      writable.closeSync();
    }
  } catch (error) {
    log.warn('Cannot cut damaged bytes off the chunks of the head', { err: String(error) });
  }
  return true;
}
