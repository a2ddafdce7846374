/**
 * The file that a worker thread runs. `source` is its path under `src/`, and `vite.server.config.ts` lists it as an entry
 * under its base name; so the thread starts from the sources as well as from `dist/`, wherever the bundler put this module.
 */
export function workerEntry(source: string): URL {
  return entryBeside(import.meta.url, source);
}

/** As `workerEntry`, for this module at `here`. */
export function entryBeside(here: string, source: string): URL {
  if (here.endsWith('.ts')) return new URL(`../${source}`, here);
  const name = source.slice(source.lastIndexOf('/') + 1).replace(/\.ts$/, '.js');
  return new URL(/\/chunks\/[^/]+$/.test(here) ? `../${name}` : name, here);
}
