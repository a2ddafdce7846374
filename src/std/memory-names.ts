import type { FileNode } from './memory-file-node.ts';

/** What a name of the disk in memory stands for. */
export type Node = FileNode | 'directory';
/** By path; what lies in a directory has the directory's path before its own. */
export type Names = Map<string, Node>;

/** Names that were made, renamed or removed in one step, of which no sync of a directory has heard. */
export interface NameChange {
  /** Each of them can make the change durable. */
  readonly directories: readonly string[];
  readonly edits: readonly (readonly [path: string, node: Node | null])[];
  /** A rename takes along what lies below, as far as it is known where the change is made. */
  readonly renamed: { readonly from: string; readonly to: string } | null;
}

export function applyChange(names: Names, { edits, renamed }: NameChange): void {
  const moved: [string, Node][] = [];
  if (renamed !== null) {
    for (const [path, node] of [...names]) {
      if (isBelow(path, renamed.to)) names.delete(path);
      if (!isBelow(path, renamed.from)) continue;
      names.delete(path);
      moved.push([movedPath(path, renamed), node]);
    }
  }
  for (const [path, node] of edits) {
    if (node === null) names.delete(path);
    else names.set(path, node);
  }
  for (const [path, node] of moved) names.set(path, node);
}

/** A change that is older than a rename and is made after it: below the directory that was renamed it has other paths. */
export function afterRename(change: NameChange, renamed: NonNullable<NameChange['renamed']>): NameChange {
  const pathOf = (path: string): string => {
    return path === renamed.from || isBelow(path, renamed.from) ? movedPath(path, renamed) : path;
  };
  const paths = [...change.directories, ...change.edits.map(([path]) => path)];
  if (paths.every((path) => path !== renamed.from && !isBelow(path, renamed.from))) return change;
  return {
    directories: change.directories.map(pathOf),
    edits: change.edits.map(([path, node]) => [isBelow(path, renamed.from) ? pathOf(path) : path, node] as const),
    renamed: change.renamed === null ? null : { from: pathOf(change.renamed.from), to: pathOf(change.renamed.to) },
  };
}

function isBelow(path: string, directory: string): boolean {
  return path.startsWith(`${directory}/`);
}

function movedPath(path: string, { from, to }: { readonly from: string; readonly to: string }): string {
  return to + path.slice(from.length);
}
