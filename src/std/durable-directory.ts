import type { FileSystem } from './file-system.ts';

/**
 * Makes a directory and those above it that are missing, and makes their names durable: what is synced inside a
 * directory is of no use while the directory's own name is not on the disk.
 */
export function makeDurableDirectorySync(fileSystem: FileSystem, path: string): void {
  if (fileSystem.statSync(path) !== null) return;
  const parent = parentOf(path);
  if (parent !== path) makeDurableDirectorySync(fileSystem, parent);
  fileSystem.makeDirectorySync(path);
  fileSystem.syncDirectorySync(parent);
}

function parentOf(path: string): string {
  const slash = path.replace(/\/+$/, '').lastIndexOf('/');
  if (slash < 0) return '.';
  return slash === 0 ? '/' : path.slice(0, slash);
}
