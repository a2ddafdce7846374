import type { FileHandle, FileSystem } from '../std/file-system.ts';
import type { Log } from '../telemetry/log.ts';

/**
 * The file `queries.active`, as the reference lays it out:
 *
 * ```text
 * "[" | { 1,000 bytes for each query at once: {"query":"<text>","timestamp_sec":<start>}, and zeros } ...
 * ```
 *
 * A query that ran when the process died is still in it at the next start, and is logged: it may be why.
 */
export interface ActiveQueriesOptions {
  readonly fileSystem: FileSystem;
  readonly path: string;
  /** Queries at once; what is more is not noted. */
  readonly entries: number;
  readonly log: Log;
}

/** Of one query in the file. */
export const ACTIVE_QUERY_BYTES = 1000;
/** A file that is larger than any that was written is not read. */
const FILE_BYTES_MAX = 2 ** 24;

/** Notes the queries that run in a file. What the file can not take costs nobody a query. */
export class ActiveQueries {
  readonly #options: ActiveQueriesOptions;
  readonly #free: number[];
  readonly #entry = new Uint8Array(ACTIVE_QUERY_BYTES);
  #file: FileHandle | null = null;

  constructor(options: ActiveQueriesOptions) {
    this.#options = options;
    this.#free = Array.from({ length: options.entries }, (_, i) => options.entries - 1 - i);
  }

  /** Logs what ran when the last process died, and begins an empty file. The data directory must be locked. */
  open(): void {
    const { entries, fileSystem, log, path } = this.#options;
    try {
      const left = fileSystem.statSync(path) === null ? [] : unfinished(fileSystem, path);
      if (left.length > 0) log.info("These queries didn't finish in the last run", { queries: JSON.stringify(left) });
      const file = fileSystem.openSync(path, 'w');
      file.writeSync(new TextEncoder().encode('['), 0, 1, 0);
      file.writeSync(new Uint8Array(1), 0, 1, entries * ACTIVE_QUERY_BYTES);
      this.#file = file;
    } catch (error) {
      log.warn('Active queries can not be noted', {
        path,
        err: error instanceof Error ? error.message : String(error),
      });
    }
  }

  /** Notes a query until the function that this gives is called. */
  begin(query: string, startSeconds: number): () => void {
    const slot = this.#file === null ? undefined : this.#free.pop();
    if (slot === undefined) return () => {};
    this.#write(slot, entryOf(query, startSeconds));
    return () => {
      this.#write(slot, '');
      this.#free.push(slot);
    };
  }

  close(): void {
    this.#file?.closeSync();
    this.#file = null;
  }

  #write(slot: number, text: string): void {
    const { written } = new TextEncoder().encodeInto(text, this.#entry);
    this.#entry.fill(0, written);
    try {
      this.#file?.writeSync(this.#entry, 0, ACTIVE_QUERY_BYTES, 1 + slot * ACTIVE_QUERY_BYTES);
    } catch {
      // A full disk: the note is missing or stays.
    }
  }
}

/** The entry of a query, its text cut to what has room. */
function entryOf(query: string, startSeconds: number): string {
  for (let units = Math.min(query.length, ACTIVE_QUERY_BYTES); ; units -= Math.max(1, units >>> 3)) {
    const text = `${JSON.stringify({ query: query.slice(0, units).toWellFormed(), timestamp_sec: startSeconds })},`;
    if (Buffer.byteLength(text) <= ACTIVE_QUERY_BYTES) return text;
  }
}

/** The entries that a file still has. */
function unfinished(fileSystem: FileSystem, path: string): unknown[] {
  const file = fileSystem.openSync(path, 'r');
  try {
    const bytes = new Uint8Array(Math.min(file.sizeSync(), FILE_BYTES_MAX));
    const read = file.readSync(bytes, 0, bytes.length, 0);
    const text = Buffer.from(bytes.buffer, 0, read).toString('utf8').replace(/^\[/, '');
    const entries: unknown[] = [];
    for (const entry of text.split('\0')) {
      if (entry === '') continue;
      try {
        entries.push(JSON.parse(entry.replace(/,$/, '')));
      } catch {
        // Half an entry, or something else: nothing to tell.
      }
    }
    return entries;
  } finally {
    file.closeSync();
  }
}
