import { resolve } from 'node:path';

/** What rolldown tells about modules while it makes chunks. */
interface Context {
  getModuleInfo(id: string): { readonly importedIds: readonly string[] } | null;
}

/**
 * Names the chunk of a module: `name` for what `roots` import, however far, unless by `import()`; null, for the bundler
 * to decide, of anything else.
 */
export function neededAtStart(name: string, roots: readonly string[]): (id: string, context: Context) => string | null {
  let needed: Set<string> | null = null;
  return (id, context) => {
    needed ??= reachable(
      roots.map((root) => resolve(root)),
      context,
    );
    return needed.has(id) ? name : null;
  };
}

function reachable(roots: readonly string[], context: Context): Set<string> {
  const found = new Set(roots);
  for (const id of found) for (const next of context.getModuleInfo(id)?.importedIds ?? []) found.add(next);
  return found;
}
