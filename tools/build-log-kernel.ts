import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { kernelFile } from './kernel-file.ts';

/**
 * Compiles `tools/log-kernel/log-kernel.as` (AssemblyScript) and writes it to `src/tsdb/wal/ahead/log-kernel-code.ts`,
 * where it is kept with the sources, so that a build of Narthex takes no second compiler; a test compares the two:
 *
 *     node tools/build-log-kernel.ts
 */
export const LOG_KERNEL_FILE = join(import.meta.dirname, '../src/tsdb/wal/ahead/log-kernel-code.ts');

/** What kernels that read the log have in common. */
export const LOG_KERNEL_IMPORTS = {
  'label-bytes': join(import.meta.dirname, 'log-kernel/label-bytes.as'),
  snappy: join(import.meta.dirname, 'log-kernel/snappy.as'),
};

/** The text of `log-kernel-code.ts`. */
export function logKernelFile(): Promise<string> {
  return kernelFile({
    source: join(import.meta.dirname, 'log-kernel/log-kernel.as'),
    name: 'tools/log-kernel/log-kernel.as',
    maker: 'tools/build-log-kernel.ts',
    constant: 'LOG_KERNEL_BASE64',
    flags: ['--initialMemory', '4096', '--maximumMemory', '4096'],
    imports: { ...LOG_KERNEL_IMPORTS, 'read-labels': join(import.meta.dirname, 'log-kernel/read-labels.as') },
  });
}

if (import.meta.main) writeFileSync(LOG_KERNEL_FILE, await logKernelFile());
