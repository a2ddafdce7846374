import { type FileSystem, FileSystemError } from '../std/file-system.ts';

/** The sizes of all files below a directory together; of what goes meanwhile, and of a directory that is not there, nothing. */
export function directoryBytes(fileSystem: FileSystem, directory: string): number {
  let bytes = 0;
  try {
    if (fileSystem.statSync(directory) === null) return 0;
    for (const { kind, name } of fileSystem.readDirectorySync(directory)) {
      const path = `${directory}/${name}`;
      bytes += kind === 'directory' ? directoryBytes(fileSystem, path) : (fileSystem.statSync(path)?.size ?? 0);
    }
  } catch (error) {
    if (!(error instanceof FileSystemError)) throw error;
  }
  return bytes;
}
