import { execFileSync } from 'node:child_process';
import { copyFileSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

/**
 * Compiles `tools/log-kernel/log-kernel.as` (AssemblyScript) and writes it to `src/tsdb/wal/ahead/log-kernel-code.ts`.
 * The result is kept with the sources, so that building Narthex takes no second compiler:
 *
 *     node tools/build-log-kernel.ts            needs the network: npx fetches the compiler
 *     node tools/build-log-kernel.ts PATH/asc   with a compiler that is there
 */
const COMPILER = 'assemblyscript@0.28.20';
const FLAGS = ['-O3', '--noAssert', '--runtime', 'stub', '--initialMemory', '4096', '--maximumMemory', '4096'];
const LINE = 100;

const root = join(import.meta.dirname, '..');
const work = mkdtempSync(join(tmpdir(), 'narthex-log-kernel-'));
try {
  // The compiler takes files by this extension alone.
  const source = join(work, 'log-kernel.ts');
  const binary = join(work, 'log-kernel.wasm');
  copyFileSync(join(root, 'tools/log-kernel/log-kernel.as'), source);
  const args = ['log-kernel.ts', '-o', binary, ...FLAGS];
  const compiler = process.argv[2];
  if (compiler === undefined)
    execFileSync('npx', ['-y', '-p', COMPILER, 'asc', ...args], { cwd: work, stdio: 'inherit' });
  else execFileSync(process.execPath, [compiler, ...args], { cwd: work, stdio: 'inherit' });
  const lines =
    readFileSync(binary)
      .toString('base64')
      .match(new RegExp(`.{1,${LINE}}`, 'g')) ?? [];
  writeFileSync(
    join(root, 'src/tsdb/wal/ahead/log-kernel-code.ts'),
    `// Made by tools/build-log-kernel.ts of tools/log-kernel/log-kernel.as (${COMPILER}). Do not edit.\n\n` +
      '/** A WebAssembly module. */\n' +
      `export const LOG_KERNEL_BASE64 =\n${lines.map((line) => `  '${line}'`).join(' +\n')};\n`,
  );
} finally {
  rmSync(work, { recursive: true });
}
