import { mkdirSync, writeFileSync } from 'node:fs';
import { basename, join } from 'node:path';
import { build } from 'vite';

/**
 * Bundles a program into a directory, with the threads that it starts beside it, and returns its path: what is measured
 * should be what is shipped, and in a bundle the constants of other modules are numbers, which from the sources cost a third of
 * an append (docs/decisions/0013-append.md).
 */
export async function bundled(program: string, directory: string, threads: readonly string[] = []): Promise<string> {
  const input = Object.fromEntries([program, ...threads].map((source) => [basename(source, '.ts'), source]));
  mkdirSync(directory, { recursive: true });
  writeFileSync(join(directory, 'package.json'), '{"type": "module"}\n');
  await build({
    configFile: false,
    logLevel: 'error',
    build: {
      ssr: true,
      outDir: directory,
      emptyOutDir: false,
      target: 'node24',
      minify: false,
      rolldownOptions: { input, output: { entryFileNames: '[name].js', chunkFileNames: 'chunks/[name]-[hash].js' } },
    },
    ssr: { noExternal: true },
  });
  return join(directory, `${basename(program, '.ts')}.js`);
}
