import { nodeFiles } from '../std/node-files.ts';
import { dataDirectory } from '../tsdb/data-directory.ts';
import { startWaitingThread } from '../tsdb/wal/ahead/waiting-thread.ts';

const PATH_FLAG = '--storage.tsdb.path';
const PATH_DEFAULT = 'data/';
/** With less of a log the thread is not asked for. */
const LOG_BYTES_MIN = 4 * 1024 * 1024;

/**
 * Starts the thread that reads the log ahead where the server that these arguments ask for will most likely need it: long
 * before its own modules are loaded, with a mere look at the arguments. What is read, and of where, is decided later.
 * True where it did.
 */
export function startLogThread(args: readonly string[]): boolean {
  if (args[0] !== undefined && !args[0].startsWith('--')) return false;
  const { headImage, wal } = dataDirectory(pathOf(args));
  try {
    // With an image there is little left to read.
    if (nodeFiles.statSync(wal)?.kind !== 'directory' || nodeFiles.statSync(headImage) !== null) return false;
    let bytes = 0;
    for (const { name } of nodeFiles.readDirectorySync(wal)) bytes += nodeFiles.statSync(`${wal}/${name}`)?.size ?? 0;
    if (bytes < LOG_BYTES_MIN) return false;
    startWaitingThread();
    return true;
  } catch {
    // Whoever opens the directory tells what is wrong with it.
    return false;
  }
}

function pathOf(args: readonly string[]): string {
  const at = args.findIndex((argument) => argument === PATH_FLAG || argument.startsWith(`${PATH_FLAG}=`));
  if (at < 0) return PATH_DEFAULT;
  return args[at] === PATH_FLAG ? (args[at + 1] ?? PATH_DEFAULT) : args[at]!.slice(PATH_FLAG.length + 1);
}
