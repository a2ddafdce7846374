import { readdirSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { findFolderCircles, findImportCircles } from './import-circles.ts';
import { importsBelow } from './imports.ts';
import { EXCEPTIONS, LAYERS, ORDERED, SEALED } from './layers.ts';

export interface LayerFault {
  /** Path under the source root. */
  readonly file: string;
  readonly line: number;
  readonly imports: string;
  readonly reason: string;
}

/** Every import under `root` (a `src` folder) that the layer table refuses. Tests may import what they like. */
export function findLayerFaults(root: string): LayerFault[] {
  const faults: LayerFault[] = [];
  for (const { file, line, specifier, target } of importsBelow(root)) {
    const reason = target === null ? packageFault(file, specifier) : relativeFault(file, target);
    if (reason !== null) faults.push({ file, line, imports: specifier, reason });
  }
  return faults;
}

/** What the layer table says of things that are not there: folders that do not exist, exceptions that no import needs. */
export function findIdleRules(root: string): string[] {
  const there = new Set(readdirSync(root));
  const folders = LAYERS.flatMap((layer) => layer.folders).filter((folder) => !there.has(folder));
  const imports = [...importsBelow(root)];
  const exceptions = EXCEPTIONS.filter(
    ({ from, to }) => !imports.some(({ file, target }) => file.startsWith(from) && target?.startsWith(to)),
  );
  return [...folders, ...exceptions.map(({ from, to }) => `${from} -> ${to}`)];
}

function relativeFault(from: string, to: string): string | null {
  if (to.startsWith('../')) return 'leaves the source folder';
  const fromFolder = from.split('/')[0]!;
  const toFolder = to.split('/')[0]!;
  if (fromFolder === toFolder) return null;
  if (EXCEPTIONS.some((exception) => from.startsWith(exception.from) && to.startsWith(exception.to))) return null;
  const fromLevel = levelOf(fromFolder);
  const toLevel = levelOf(toFolder);
  if (fromLevel === null) return `${fromFolder} is in no layer`;
  if (toLevel === null) return `${toFolder} is in no layer`;
  if (toLevel > fromLevel) return `upward: L${fromLevel} ${fromFolder} imports L${toLevel} ${toFolder}`;
  if (toLevel === fromLevel) return `sideways: ${fromFolder} and ${toFolder} are both L${fromLevel}`;
  return null;
}

function packageFault(from: string, specifier: string): string | null {
  const sealed = SEALED.find((rule) => from.startsWith(`${rule.folder}/`));
  if (sealed === undefined) return null;
  if (sealed.packages === 'node' && specifier.startsWith('node:')) return null;
  return sealed.packages === 'node' ? `${sealed.folder} imports only node:` : `${sealed.folder} imports nothing`;
}

function levelOf(folder: string): number | null {
  return LAYERS.find((layer) => layer.folders.includes(folder))?.level ?? null;
}

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  const root = join(dirname(fileURLToPath(import.meta.url)), '..', 'src');
  const faults = findLayerFaults(root);
  for (const fault of faults)
    console.error(`src/${fault.file}:${fault.line} imports ${fault.imports}: ${fault.reason}`);
  const circles = [...findImportCircles(root), ...ORDERED.flatMap((folder) => findFolderCircles(root, folder))];
  for (const circle of circles) console.error(`a circle of imports: ${circle.join(' -> ')}`);
  const idle = findIdleRules(root);
  for (const rule of idle) console.error(`tools/layers.ts names ${rule}, which is not there`);
  const isSound = faults.length + circles.length + idle.length === 0;
  console.log(
    isSound
      ? 'layers: every arrow points down, and no files or folders in order import each other'
      : `layers: ${faults.length} faults, ${circles.length} circles, ${idle.length} idle rules`,
  );
  process.exitCode = isSound ? 0 : 1;
}
