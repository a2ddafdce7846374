import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { LOG_KERNEL_IMPORTS } from './build-log-kernel.ts';
import { kernelFile } from './kernel-file.ts';

/**
 * Compiles `tools/series-kernel/series-kernel.as` (AssemblyScript) and writes it to `src/tsdb/head/series-kernel-code.ts`,
 * where it is kept with the sources, so that a build of Narthex takes no second compiler; a test compares the two:
 *
 *     node tools/build-series-kernel.ts
 */
export const SERIES_KERNEL_FILE = join(import.meta.dirname, '../src/tsdb/head/series-kernel-code.ts');

/** The text of `series-kernel-code.ts`. */
export function seriesKernelFile(): Promise<string> {
  return kernelFile({
    source: join(import.meta.dirname, 'series-kernel/series-kernel.as'),
    name: 'tools/series-kernel/series-kernel.as',
    maker: 'tools/build-series-kernel.ts',
    constant: 'SERIES_KERNEL_BASE64',
    flags: ['--initialMemory', '7424', '--maximumMemory', '7424'],
    imports: LOG_KERNEL_IMPORTS,
  });
}

if (import.meta.main) writeFileSync(SERIES_KERNEL_FILE, await seriesKernelFile());
