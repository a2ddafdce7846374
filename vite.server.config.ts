import { type BuildEnvironmentOptions, defineConfig, type EnvironmentOptions } from 'vite';
import { asciiOutput } from './tools/ascii-output.ts';
import { compileAhead } from './tools/compile-ahead.ts';
import { logPlaces } from './tools/log-places.ts';
import { neededAtStart } from './tools/needed-at-start.ts';

type Output = NonNullable<BuildEnvironmentOptions['rolldownOptions']>['output'];

/**
 * Bundles with dependencies included, since one file loads in half the time that some 900 modules take
 * (docs/decisions/0001-ground.md):
 * - the server into `dist/main.js` and one chunk of all that a start needs (docs/decisions/0018-process-start.md);
 * - its threads, and the engine and the database as libraries, into files that share theirs, but for the thread that reads the log
 *   (docs/decisions/0033-two-threads-make-a-log-ready.md).
 */
export default defineConfig({
  environments: {
    server: bundle(
      { main: 'src/main.ts' },
      {
        codeSplitting: {
          groups: [
            // What is needed before all of that is loaded.
            { debugName: 'first', name: neededAtStart('first', ['src/server/start-log-thread.ts']), priority: 1 },
            { debugName: 'server', name: neededAtStart('server', ['src/server/run.ts', 'src/server/serve.ts']) },
          ],
        },
        // A quarter of what each start would read.
        comments: { legal: true, annotation: false, jsdoc: false },
      },
      true,
    ),
    libraries: bundle(
      {
        promql: 'src/promql/library.ts',
        tsdb: 'src/tsdb/library.ts',
        // Threads: `std/worker-entry.ts` looks for them by these names.
        'compact-worker': 'src/tsdb/compact/compact-worker.ts',
        'query-worker': 'src/query/pool/query-worker.ts',
      },
      {},
      false,
    ),
    // By itself, in one file: the start of a server waits for this thread.
    logThread: bundle({ 'log-worker': 'src/tsdb/wal/ahead/log-worker.ts' }, {}, false),
  },
  builder: {
    async buildApp({ build, environments }) {
      await build(environments['server']!);
      await build(environments['libraries']!);
      await build(environments['logThread']!);
      await compileAhead(import.meta.dirname);
    },
  },
  plugins: [
    asciiOutput(),
    // Only the server writes a log of its own.
    { ...logPlaces(), applyToEnvironment: ({ name }) => name === 'server' },
  ],
  logLevel: 'warn',
});

function bundle(input: Record<string, string>, output: Output, isFirst: boolean): EnvironmentOptions {
  return {
    resolve: { noExternal: true },
    build: {
      outDir: 'dist',
      emptyOutDir: isFirst,
      copyPublicDir: false,
      target: 'node24',
      sourcemap: true,
      minify: false,
      rolldownOptions: {
        checks: { pluginTimings: false },
        input,
        output: { entryFileNames: '[name].js', chunkFileNames: 'chunks/[name]-[hash].js', ...output },
      },
    },
  };
}
