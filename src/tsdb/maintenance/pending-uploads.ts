import type { Clock } from '../../std/clock.ts';
import type { FileSystem } from '../../std/file-system.ts';
import type { Log } from '../../telemetry/log.ts';
import type { BlockMeta } from '../block/block-meta.ts';

/** What was read is believed for so long, ms. */
const KEPT_MS = 60_000;

/**
 * Tells which blocks are not to be compacted yet: those of level 1 that `path`, a JSON file with a list of ULIDs as
 * `uploaded` (Thanos writes such a file), does not name. While the file can not be read no block is held, as in the
 * reference; that is logged.
 */
export function pendingUploads(
  fileSystem: FileSystem,
  clock: Clock,
  log: Log,
  path: string,
): (meta: BlockMeta) => boolean {
  let uploaded: ReadonlySet<string> | null = null;
  let readAt = Number.NEGATIVE_INFINITY;
  return ({ level, ulid }) => {
    if (level > 1) return false;
    if (uploaded === null || clock.monotonic() - readAt >= KEPT_MS) {
      uploaded = null;
      try {
        uploaded = uploadedIn(JSON.parse(Buffer.from(fileSystem.readFileSync(path)).toString('utf8')));
        readAt = clock.monotonic();
      } catch (error) {
        log.warn('Cannot read which blocks were uploaded; none is held back', { path, err: String(error) });
        return false;
      }
    }
    return !uploaded.has(ulid);
  };
}

function uploadedIn(content: unknown): ReadonlySet<string> {
  const list = (content as { uploaded?: unknown } | null)?.uploaded;
  if (list === undefined || list === null) return new Set();
  if (!Array.isArray(list) || list.some((ulid) => typeof ulid !== 'string'))
    throw new Error('uploaded is no list of texts');
  return new Set(list as string[]);
}
