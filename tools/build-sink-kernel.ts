import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { kernelFile } from './kernel-file.ts';

/**
 * Compiles `tools/sink-kernel/sink-kernel.as` (AssemblyScript) and writes it to `src/tsdb/block/sink-kernel-code.ts`, where it
 * is kept with the sources, so that a build of Narthex takes no second compiler; a test compares the two:
 *
 *     node tools/build-sink-kernel.ts
 */
export const SINK_KERNEL_FILE = join(import.meta.dirname, '../src/tsdb/block/sink-kernel-code.ts');

/** The text of `sink-kernel-code.ts`. */
export function sinkKernelFile(): Promise<string> {
  return kernelFile({
    source: join(import.meta.dirname, 'sink-kernel/sink-kernel.as'),
    name: 'tools/sink-kernel/sink-kernel.as',
    maker: 'tools/build-sink-kernel.ts',
    constant: 'SINK_KERNEL_BASE64',
    flags: ['--importMemory', '--initialMemory', '1'],
  });
}

if (import.meta.main) writeFileSync(SINK_KERNEL_FILE, await sinkKernelFile());
