import { readdirSync, readFileSync } from 'node:fs';
import { join, posix, relative, sep } from 'node:path';

/** All TypeScript files below a folder, in order of their names. */
export function* typescriptFiles(folder: string): Generator<string> {
  for (const entry of readdirSync(folder, { withFileTypes: true }).sort((a, b) => (a.name < b.name ? -1 : 1))) {
    const path = join(folder, entry.name);
    if (entry.isDirectory()) yield* typescriptFiles(path);
    else if (/\.tsx?$/.test(entry.name)) yield path;
  }
}

const IMPORT =
  /(?:^|\n)\s*(?:import|export)\b[^;'"]*?from\s*['"]([^'"]+)['"]|import\(\s*['"]([^'"]+)['"]\s*\)|(?:^|\n)import\s*['"]([^'"]+)['"]/g;

/** What a source imports, types included, and on which line each import ends. */
function* importsOf(source: string): Generator<{ specifier: string; line: number }> {
  for (const match of source.matchAll(IMPORT)) {
    const specifier = match[1] ?? match[2] ?? match[3]!;
    const end = match.index + match[0].length;
    yield { specifier, line: source.slice(0, end).split('\n').length };
  }
}

export interface SourceImport {
  /** Who imports, as a path below the root. */
  readonly file: string;
  readonly line: number;
  readonly specifier: string;
  /** The file imported, as a path below the root, with `../` before it where it lies outside; null: a package. */
  readonly target: string | null;
}

/** Every import of the files below `root`, tests left out. */
export function* importsBelow(root: string): Generator<SourceImport> {
  for (const path of typescriptFiles(root)) {
    if (path.endsWith('.test.ts')) continue;
    const file = relative(root, path).split(sep).join('/');
    for (const { specifier, line } of importsOf(readFileSync(path, 'utf8'))) {
      const target = specifier.startsWith('.') ? posix.normalize(posix.join(posix.dirname(file), specifier)) : null;
      yield { file, line, specifier, target };
    }
  }
}
