import { readFileSync } from 'node:fs';
import { dirname, join, posix, relative, sep } from 'node:path';
import { fileURLToPath } from 'node:url';
import { findImportCircles } from './import-circles.ts';
import { importsOf, typescriptFiles } from './imports.ts';
import { EXCEPTIONS, LAYERS, SEALED } from './layers.ts';

export interface LayerFault {
  /** Path under the source root. */
  readonly file: string;
  readonly line: number;
  readonly imports: string;
  readonly reason: string;
}

/** Every import under `root` (a `src` folder) that the layer table refuses. Test files count as part of their folder. */
export function findLayerFaults(root: string): LayerFault[] {
  const faults: LayerFault[] = [];
  for (const file of typescriptFiles(root)) {
    const path = relative(root, file).split(sep).join('/');
    if (path.endsWith('.test.ts')) continue;
    for (const { specifier, line } of importsOf(readFileSync(file, 'utf8'))) {
      const reason = specifier.startsWith('.')
        ? relativeFault(path, posix.normalize(posix.join(posix.dirname(path), specifier)))
        : packageFault(path, specifier);
      if (reason !== null) faults.push({ file: path, line, imports: specifier, reason });
    }
  }
  return faults;
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
  const circles = findImportCircles(root);
  for (const circle of circles) console.error(`a circle of imports: ${circle.join(' -> ')}`);
  const isSound = faults.length + circles.length === 0;
  console.log(
    isSound
      ? 'layers: every arrow points down, and no files import each other'
      : `layers: ${faults.length} faults, ${circles.length} circles`,
  );
  process.exitCode = isSound ? 0 : 1;
}
