import { accessSync, constants } from 'node:fs';
import { delimiter, join } from 'node:path';

/** A program by name: first in the folder that `NARTHEX_PEERS` names, then on PATH; null where neither has it. */
export function findProgram(name: string): string | null {
  const folders = [process.env['NARTHEX_PEERS'], ...(process.env['PATH'] ?? '').split(delimiter)];
  for (const folder of folders) {
    if (folder === undefined || folder === '') continue;
    const path = join(folder, name);
    try {
      accessSync(path, constants.X_OK);
      return path;
    } catch {
      // Not in this folder.
    }
  }
  return null;
}
