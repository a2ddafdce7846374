import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import asc from 'assemblyscript/asc';

/**
 * Compiles `tools/log-kernel/log-kernel.as` (AssemblyScript) and writes it to `src/tsdb/wal/ahead/log-kernel-code.ts`,
 * where it is kept with the sources, so that a build of Narthex takes no second compiler; a test compares the two:
 *
 *     node tools/build-log-kernel.ts
 */
const SOURCE = join(import.meta.dirname, 'log-kernel/log-kernel.as');
export const LOG_KERNEL_FILE = join(import.meta.dirname, '../src/tsdb/wal/ahead/log-kernel-code.ts');
const FLAGS = ['-O3', '--noAssert', '--runtime', 'stub', '--initialMemory', '4096', '--maximumMemory', '4096'];
const LINE = 100;

/** The text of `log-kernel-code.ts`. */
export async function logKernelFile(): Promise<string> {
  // The compiler takes files by this extension alone.
  const entry = 'log-kernel.ts';
  let module = new Uint8Array(0);
  const { error, stderr } = await asc.main([entry, '-o', 'log-kernel.wasm', ...FLAGS], {
    readFile: (name) => (name === entry ? readFileSync(SOURCE, 'utf8') : null),
    writeFile: (_name, contents) => {
      module = Uint8Array.from(contents as Uint8Array);
    },
    listFiles: () => [],
  });
  if (error !== null) throw new Error(`${SOURCE}: ${stderr.toString()}`, { cause: error });
  const lines =
    Buffer.from(module)
      .toString('base64')
      .match(new RegExp(`.{1,${LINE}}`, 'g')) ?? [];
  return (
    '// Made by tools/build-log-kernel.ts of tools/log-kernel/log-kernel.as. Do not edit.\n\n' +
    '/** A WebAssembly module. */\n' +
    `export const LOG_KERNEL_BASE64 =\n${lines.map((line) => `  '${line}'`).join(' +\n')};\n`
  );
}

if (import.meta.main) writeFileSync(LOG_KERNEL_FILE, await logKernelFile());
