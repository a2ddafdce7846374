import { nodeFiles } from '../std/node-files.ts';
import { dataDirectory } from '../tsdb/data-directory.ts';
import { CHUNK_RANGE_MS_DEFAULT } from '../tsdb/defaults.ts';
import { AHEAD_BYTES_MIN, withSizes } from '../tsdb/wal/ahead/log-thread.ts';
import { startWaitingThread } from '../tsdb/wal/ahead/waiting-thread.ts';
import { logParts } from '../tsdb/wal/log-parts.ts';

const PATH_FLAG = '--storage.tsdb.path';
const PATH_DEFAULT = 'data/';
/** Changes how chunks are cut. */
const RANGE_FLAG = '--storage.tsdb.min-block-duration';

/**
 * Starts the thread that reads the log ahead where the server that these arguments ask for will most likely need it: long
 * before its own modules are loaded, with a mere look at the arguments. It begins to read what it will most likely be asked
 * for; whether that is so is decided when the directory is locked. True where there is one.
 */
export function startLogThread(args: readonly string[]): boolean {
  if (args[0] !== undefined && !args[0].startsWith('--')) return false;
  const path = pathOf(args);
  const { headImage, wal } = dataDirectory(path);
  try {
    // With an image there is little left to read.
    if (nodeFiles.statSync(wal)?.kind !== 'directory' || nodeFiles.statSync(headImage) !== null) return false;
    const files = withSizes(nodeFiles, logParts(nodeFiles, wal, null).parts);
    if (files.reduce((sum, { size }) => sum + size, 0) < AHEAD_BYTES_MIN) return false;
    const isPlain = !args.some((argument) => argument.startsWith(RANGE_FLAG)) && !hasSnapshot(path);
    startWaitingThread(isPlain ? { files, chunkRangeMs: CHUNK_RANGE_MS_DEFAULT } : null);
    return true;
  } catch {
    // Whoever opens the directory tells what is wrong with it.
    return false;
  }
}

/** Prometheus may have left one; then not all of the log is read. */
function hasSnapshot(path: string): boolean {
  return nodeFiles.readDirectorySync(path).some(({ name }) => name.startsWith('chunk_snapshot.'));
}

/** As the server names it. */
function pathOf(args: readonly string[]): string {
  const at = args.findIndex((argument) => argument === PATH_FLAG || argument.startsWith(`${PATH_FLAG}=`));
  const given = at < 0 ? PATH_DEFAULT : args[at] === PATH_FLAG ? args[at + 1] : args[at]!.slice(PATH_FLAG.length + 1);
  return (given ?? PATH_DEFAULT).replace(/(?<=.)\/+$/, '');
}
