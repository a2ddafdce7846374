import { readdirSync, readFileSync } from 'node:fs';
import { dirname, join, posix, relative, sep } from 'node:path';
import { fileURLToPath } from 'node:url';
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

function* typescriptFiles(folder: string): Generator<string> {
  for (const entry of readdirSync(folder, { withFileTypes: true }).sort((a, b) => (a.name < b.name ? -1 : 1))) {
    const path = join(folder, entry.name);
    if (entry.isDirectory()) yield* typescriptFiles(path);
    else if (entry.name.endsWith('.ts')) yield path;
  }
}

const IMPORT =
  /(?:^|\n)\s*(?:import|export)\b[^;'"]*?from\s*['"]([^'"]+)['"]|import\(\s*['"]([^'"]+)['"]\s*\)|(?:^|\n)import\s*['"]([^'"]+)['"]/g;

function* importsOf(source: string): Generator<{ specifier: string; line: number }> {
  for (const match of source.matchAll(IMPORT)) {
    const specifier = match[1] ?? match[2] ?? match[3]!;
    const end = match.index + match[0].length;
    yield { specifier, line: source.slice(0, end).split('\n').length };
  }
}

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  const faults = findLayerFaults(join(dirname(fileURLToPath(import.meta.url)), '..', 'src'));
  for (const fault of faults)
    console.error(`src/${fault.file}:${fault.line} imports ${fault.imports}: ${fault.reason}`);
  console.log(faults.length === 0 ? 'layers: every arrow points down' : `layers: ${faults.length} faults`);
  process.exitCode = faults.length === 0 ? 0 : 1;
}
