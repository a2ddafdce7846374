/**
 * The layers as data. Arrows point down: a folder may import from its own folder and from any layer below,
 * never from a sibling in its layer and never upward. `tools/check-layers.ts` holds the source tree against it, and it against the tree.
 */
export const LAYERS: readonly { readonly level: number; readonly folders: readonly string[] }[] = [
  { level: 6, folders: ['main.ts', 'server', 'api'] },
  { level: 5, folders: ['scrape', 'discovery', 'remote'] },
  { level: 4, folders: ['query'] },
  { level: 3, folders: ['promql', 'tsdb'] },
  { level: 2, folders: ['storage', 'exposition', 'http'] },
  { level: 1, folders: ['model', 'memory', 'config', 'telemetry'] },
  { level: 0, folders: ['kernels', 'std'] },
];

/** Imports that the table alone would refuse, each with its reason. `from` and `to` are path prefixes under `src/`. */
export const EXCEPTIONS: readonly { readonly from: string; readonly to: string; readonly because: string }[] = [
  { from: 'main.ts', to: 'server/', because: 'main.ts only starts the server' },
  { from: 'server/', to: 'api/', because: 'the server is the only place that knows all parts' },
  { from: 'scrape/', to: 'discovery/target-group.ts', because: 'targets arrive in groups' },
  { from: 'scrape/', to: 'discovery/discoverer.ts', because: 'a scrape pool consumes what discoverers find' },
];

/**
 * Folders whose own folders have an order too: no two of them import each other, directly or around. Files that lie beside them belong to
 * none, as what puts the folders together does. Of a folder within one of them nothing is said.
 */
export const ORDERED: readonly string[] = ['promql', 'tsdb'];

/** Folders whose files may import only files of the listed folders or packages, besides their own folder. */
export const SEALED: readonly { readonly folder: string; readonly packages: 'none' | 'node' }[] = [
  { folder: 'kernels', packages: 'none' },
  { folder: 'std', packages: 'node' },
];
