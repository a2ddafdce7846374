import { defineConfig } from 'vite';
import { logPlaces } from './tools/log-places.ts';

/**
 * Bundles the server into `dist/main.js` and the engine and the database as libraries into `dist/promql.js` and
 * `dist/tsdb.js`, dependencies included: one file loads in half the time that some 900 modules take
 * (docs/decisions/0001-ground.md).
 */
export default defineConfig({
  build: {
    ssr: true,
    outDir: 'dist',
    emptyOutDir: true,
    target: 'node24',
    sourcemap: true,
    minify: false,
    rolldownOptions: {
      input: {
        main: 'src/main.ts',
        promql: 'src/promql/library.ts',
        tsdb: 'src/tsdb/library.ts',
        // Threads: `std/worker-entry.ts` looks for them by these names.
        'compact-worker': 'src/tsdb/compact/compact-worker.ts',
        'query-worker': 'src/query/pool/query-worker.ts',
      },
      output: { entryFileNames: '[name].js', chunkFileNames: 'chunks/[name]-[hash].js' },
    },
  },
  plugins: [logPlaces()],
  ssr: { noExternal: true },
  logLevel: 'warn',
});
