import type { FileSystem } from '../../std/file-system.ts';
import type { Log } from '../../telemetry/log.ts';
import { isUlid } from '../block/block-meta.ts';

/** What this server and Prometheus put into a data directory, apart from blocks. */
const KNOWN_NAMES: ReadonlySet<string> = new Set([
  'lock',
  'wal',
  'wal-damaged',
  'wbl',
  'wbl-damaged',
  'chunks_head',
  'snapshots',
  'queries.active',
  'target_metadata',
  'head_image',
  // Of the file system itself.
  'lost+found',
]);
const KNOWN_PREFIXES = ['chunk_snapshot.', '.'];

const NAMES_SHOWN_MAX = 5;

/** Tells of files that nobody but the user can have put there: a mistyped path is noticed, a note to oneself is no harm. */
export function noteForeignFiles(fileSystem: FileSystem, root: string, log: Log): void {
  const foreign = fileSystem
    .readDirectorySync(root)
    .map(({ name }) => name)
    .filter((name) => !KNOWN_NAMES.has(name) && !KNOWN_PREFIXES.some((prefix) => name.startsWith(prefix)))
    .filter((name) => !isUlid(name.replace(/\.tmp.*$/, '')));
  if (foreign.length === 0) return;
  log.warn('The data directory has files of others, which are left alone', {
    path: root,
    count: foreign.length,
    names: foreign.slice(0, NAMES_SHOWN_MAX).join(', '),
  });
}
