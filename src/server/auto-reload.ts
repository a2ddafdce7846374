import { createHash } from 'node:crypto';
import { readFileSync } from 'node:fs';
import type { Clock } from '../std/clock.ts';
import { findFiles } from './config/find-files.ts';
import type { Configuration } from './config-file.ts';

export interface AutoReloadOptions {
  readonly intervalMs: number;
  readonly clock: Clock;
  /** The configuration file. */
  readonly file: string;
  current(): Configuration;
  /** Called when the file, or one that it names, has changed. Its failures are its own to tell. */
  reload(): void;
}

/** Looks at the configuration's files every `intervalMs`; the returned function ends that. */
export function startAutoReload(options: AutoReloadOptions): () => void {
  let known = digest(options);
  let cancel = (): void => {};
  const look = (): void => {
    const found = digest(options);
    // A change that is wrong is told once: only the next change is tried again.
    if (found !== known) options.reload();
    known = digest(options);
    cancel = options.clock.after(options.intervalMs, look);
  };
  cancel = options.clock.after(options.intervalMs, look);
  return () => cancel();
}

/** One hash over the names and contents of all files; a file that can not be read counts as empty. */
function digest({ file, current }: AutoReloadOptions): string {
  const { raw } = current();
  const files = [file, ...[...raw.rule_files, ...raw.scrape_config_files].flatMap(findFiles)];
  const hash = createHash('sha256');
  for (const path of files) {
    hash.update(`${path}\0`);
    try {
      hash.update(readFileSync(path));
    } catch {
      hash.update('\0absent');
    }
  }
  return hash.digest('hex');
}
