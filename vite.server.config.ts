import { defineConfig } from 'vite';

/**
 * Bundles the server into `dist/main.js` and the engine as a library into `dist/promql.js`, dependencies included: one file loads in half the time that some 900 modules
 * take (docs/decisions/0001-ground.md).
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
        // Threads: `std/worker-entry.ts` looks for them by these names.
        'compact-worker': 'src/tsdb/compact/compact-worker.ts',
      },
      output: { entryFileNames: '[name].js', chunkFileNames: 'chunks/[name]-[hash].js' },
    },
  },
  ssr: { noExternal: true },
  logLevel: 'warn',
});
