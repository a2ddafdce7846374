import { importsBelow } from './imports.ts';

/**
 * Files below `root` that import each other in a circle, types included: of each circle one way around, its first file
 * at both ends. A part that must know the whole that it belongs to can not be read, tested or moved by itself.
 */
export function findImportCircles(root: string): string[][] {
  const imports = new Map<string, Set<string>>();
  for (const { file, target } of importsBelow(root)) if (target !== null) addArrow(imports, file, target);
  return circlesOf(imports);
}

/** The same of the folders in `parent`, a path below `root`. */
export function findFolderCircles(root: string, parent: string): string[][] {
  const imports = new Map<string, Set<string>>();
  for (const { file, target } of importsBelow(root)) {
    const from = folderIn(parent, file);
    const to = target === null ? null : folderIn(parent, target);
    if (from !== null && to !== null && from !== to) addArrow(imports, from, to);
  }
  return circlesOf(imports);
}

/** The folder in `parent` that has the file; null where it lies elsewhere, or beside the folders. */
function folderIn(parent: string, file: string): string | null {
  if (!file.startsWith(`${parent}/`)) return null;
  const end = file.indexOf('/', parent.length + 1);
  return end < 0 ? null : file.slice(0, end);
}

function addArrow(arrows: Map<string, Set<string>>, from: string, to: string): void {
  const known = arrows.get(from);
  if (known === undefined) arrows.set(from, new Set([to]));
  else known.add(to);
}

function circlesOf(imports: ReadonlyMap<string, ReadonlySet<string>>): string[][] {
  const circles: string[][] = [];
  const done = new Set<string>();
  const way: string[] = [];
  const visit = (file: string): void => {
    const at = way.indexOf(file);
    if (at >= 0) circles.push([...way.slice(at), file]);
    if (at >= 0 || done.has(file)) return;
    way.push(file);
    for (const target of imports.get(file) ?? []) visit(target);
    way.pop();
    done.add(file);
  };
  for (const file of imports.keys()) visit(file);
  return circles;
}
