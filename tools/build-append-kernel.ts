import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { kernelFile } from './kernel-file.ts';

/**
 * Compiles `tools/append-kernel/append-kernel.as` (AssemblyScript) and writes it to `src/tsdb/head/append-kernel-code.ts`,
 * where it is kept with the sources, so that a build of Narthex takes no second compiler; a test compares the two:
 *
 *     node tools/build-append-kernel.ts
 */
export const APPEND_KERNEL_FILE = join(import.meta.dirname, '../src/tsdb/head/append-kernel-code.ts');

/** The text of `append-kernel-code.ts`. */
export function appendKernelFile(): Promise<string> {
  return kernelFile({
    source: join(import.meta.dirname, 'append-kernel/append-kernel.as'),
    name: 'tools/append-kernel/append-kernel.as',
    maker: 'tools/build-append-kernel.ts',
    constant: 'APPEND_KERNEL_BASE64',
    flags: [
      '--importMemory',
      '--sharedMemory',
      '--enable',
      'threads',
      '--initialMemory',
      '1',
      '--maximumMemory',
      '65536',
    ],
  });
}

if (import.meta.main) writeFileSync(APPEND_KERNEL_FILE, await appendKernelFile());
