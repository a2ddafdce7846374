import { existsSync, readFileSync } from 'node:fs';
import { join, posix, relative, sep } from 'node:path';
import { fileURLToPath } from 'node:url';
import { typescriptFiles } from './imports.ts';

/** What a package hands out is for whoever installs it. */
const ENTRIES: readonly string[] = ['src/promql/library.ts', 'src/tsdb/library.ts'];

/** Folders of which each export is to be needed by a file of one of them, or by a configuration at the root. */
const FOLDERS: readonly string[] = ['src', 'web/src', 'test', 'tools', 'bench', 'examples'];
const CONFIGURATION = 'vite.server.config.ts';

const EXPORTED = /^export (?:async )?(?:abstract )?(function\*?|const|let|class|interface|type) (\w+)/gm;
const NAMED = /(?:import|export)\s+(?:type\s+)?\{([^}]*)\}\s*from\s*['"]([^'"]+)['"]/g;
const LATE = /\{([^{}]*)\}\s*=\s*await import\(\s*['"]([^'"]+)['"]\s*\)/g;
const ONE_LATE = /import\(\s*['"]([^'"]+)['"]\s*\)(?:\.then\(\(\{\s*|\)\.)(\w+)/g;
const WHOLE = /import\s+(?:type\s+)?\*\s+as\s+\w+\s+from\s*['"]([^'"]+)['"]/g;

/** What kernels answer with and take are families of numbers, of which a caller may need only some. */
const FAMILY = /^src\/kernels\/\S+ [A-Z][A-Z0-9_]*$/;

/** What `bench/kernels.bench.ts` calls in all files of a folder. */
const BENCH = /^bench\/kernels\/\S+\.bench\.ts run$/;

/**
 * Exports below `root` that nobody needs, as `path name`: functions, constants and classes that no other file imports, and
 * types that are not even named again where they are declared.
 */
export function findUnusedExports(root: string): string[] {
  const used = new Set<string>();
  const sources: [path: string, text: string][] = [];
  const configurations = existsSync(join(root, CONFIGURATION)) ? [join(root, CONFIGURATION)] : [];
  for (const file of [...FOLDERS.flatMap((folder) => [...typescriptFiles(join(root, folder))]), ...configurations]) {
    const path = relative(root, file).split(sep).join('/');
    const text = readFileSync(file, 'utf8');
    sources.push([path, text]);
    for (const name of namesTaken(path, text)) used.add(name);
  }
  const unused: string[] = [];
  for (const [path, text] of sources) {
    if (path === CONFIGURATION || path.endsWith('.test.ts') || ENTRIES.includes(path)) continue;
    for (const [, kind, name] of text.matchAll(EXPORTED)) {
      const key = `${path} ${name}`;
      if (used.has(key) || used.has(`${path} *`) || FAMILY.test(key) || BENCH.test(key)) continue;
      const isType = kind === 'interface' || kind === 'type';
      if (isType && text.match(new RegExp(`\\b${name}\\b`, 'g'))!.length > 1) continue;
      unused.push(key);
    }
  }
  return unused;
}

/** `path name` of all that a file imports from others of the tree; `path *` where it takes a whole one. */
function* namesTaken(path: string, text: string): Generator<string> {
  const target = (specifier: string) => posix.normalize(posix.join(posix.dirname(path), specifier));
  for (const pattern of [NAMED, LATE]) {
    for (const [, names, specifier] of text.matchAll(pattern)) {
      for (const name of names!.split(',')) {
        const taken = /^\s*(?:type\s+)?(\w+)/.exec(name)?.[1];
        if (taken !== undefined) yield `${target(specifier!)} ${taken}`;
      }
    }
  }
  for (const [, specifier, name] of text.matchAll(ONE_LATE)) yield `${target(specifier!)} ${name}`;
  for (const [, specifier] of text.matchAll(WHOLE)) yield `${target(specifier!)} *`;
}

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  for (const name of findUnusedExports(join(import.meta.dirname, '..'))) console.log(name);
}
