import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { kernelFile } from './kernel-file.ts';

/**
 * Compiles `tools/record-kernel/record-kernel.as` (AssemblyScript) and writes it to `src/tsdb/wal/record-kernel-code.ts`,
 * where it is kept with the sources, so that a build of Narthex takes no second compiler; a test compares the two:
 *
 *     node tools/build-record-kernel.ts
 */
export const RECORD_KERNEL_FILE = join(import.meta.dirname, '../src/tsdb/wal/record-kernel-code.ts');

/** The text of `record-kernel-code.ts`. */
export function recordKernelFile(): Promise<string> {
  return kernelFile({
    source: join(import.meta.dirname, 'record-kernel/record-kernel.as'),
    name: 'tools/record-kernel/record-kernel.as',
    maker: 'tools/build-record-kernel.ts',
    constant: 'RECORD_KERNEL_BASE64',
    // 832 KiB, and 32 bytes for each of 32,768 samples.
    flags: ['--initialMemory', '30', '--maximumMemory', '30'],
  });
}

if (import.meta.main) writeFileSync(RECORD_KERNEL_FILE, await recordKernelFile());
