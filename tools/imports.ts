import { readdirSync } from 'node:fs';
import { join } from 'node:path';

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
export function* importsOf(source: string): Generator<{ specifier: string; line: number }> {
  for (const match of source.matchAll(IMPORT)) {
    const specifier = match[1] ?? match[2] ?? match[3]!;
    const end = match.index + match[0].length;
    yield { specifier, line: source.slice(0, end).split('\n').length };
  }
}
