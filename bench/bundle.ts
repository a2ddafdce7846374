import { basename, join } from 'node:path';
import { build } from 'vite';

/**
 * Bundles a program into a directory and returns its path: what is measured should be what is shipped, and in a bundle the
 * constants of other modules are numbers, which from the sources cost a third of an append (docs/decisions/0013-append.md).
 */
export async function bundled(program: string, directory: string): Promise<string> {
  const name = `${basename(program, '.ts')}.mjs`;
  await build({
    configFile: false,
    logLevel: 'error',
    build: {
      ssr: program,
      outDir: directory,
      target: 'node24',
      minify: false,
      rolldownOptions: { output: { entryFileNames: name } },
    },
    ssr: { noExternal: true },
  });
  return join(directory, name);
}
