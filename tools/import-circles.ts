import { importsBelow } from './imports.ts';

/**
 * Files below `root` that import each other in a circle, types included: of each circle one way around, its first file
 * at both ends. A part that must know the whole that it belongs to can not be read, tested or moved by itself.
 */
export function findImportCircles(root: string): string[][] {
  const imports = new Map<string, string[]>();
  for (const { file, target } of importsBelow(root)) {
    if (target === null) continue;
    const targets = imports.get(file);
    if (targets === undefined) imports.set(file, [target]);
    else targets.push(target);
  }
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
