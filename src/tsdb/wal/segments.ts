import type { FileSystem } from '../../std/file-system.ts';

/** The reference's default; the flag accepts 10 to 256 MiB. */
export const SEGMENT_SIZE_DEFAULT = 128 * 1024 * 1024;

export interface Checkpoint {
  readonly path: string;
  /** The last segment whose content it holds. */
  readonly segment: number;
}

/** Eight digits. */
export function segmentName(segment: number): string {
  return String(segment).padStart(8, '0');
}

/** Of a segment in a log or checkpoint directory. */
export function segmentPath(directory: string, segment: number): string {
  return `${directory}/${segmentName(segment)}`;
}

/** Numbers of the segments in a log or checkpoint directory, rising; empty where there is no such directory. */
export function listSegments(fileSystem: FileSystem, directory: string): number[] {
  if (fileSystem.statSync(directory) === null) return [];
  return fileSystem
    .readDirectorySync(directory)
    .filter((entry) => entry.kind === 'file' && /^[0-9]{8,15}$/.test(entry.name))
    .map((entry) => Number(entry.name))
    .sort((a, b) => a - b);
}

/** The checkpoint that reaches furthest, or null. */
export function lastCheckpoint(fileSystem: FileSystem, directory: string): Checkpoint | null {
  let last: Checkpoint | null = null;
  if (fileSystem.statSync(directory) === null) return null;
  for (const entry of fileSystem.readDirectorySync(directory)) {
    const match = entry.kind === 'directory' ? /^checkpoint\.([0-9]{8,15})$/.exec(entry.name) : null;
    if (match === null) continue;
    const segment = Number(match[1]);
    if (last === null || segment > last.segment) last = { path: `${directory}/${entry.name}`, segment };
  }
  return last;
}
