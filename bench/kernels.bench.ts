import { readdirSync } from 'node:fs';
import { join } from 'node:path';
import type { KernelResult } from './kernel-bench.ts';
import type { BenchOptions } from './options.ts';
import { printTable } from './table.ts';

/** Runs every `bench/kernels/*.bench.ts`; each exports `run(smoke)`. */
export async function kernelsBench({ smoke, only }: BenchOptions): Promise<KernelResult[]> {
  const folder = join(import.meta.dirname, 'kernels');
  const results: KernelResult[] = [];
  for (const file of readdirSync(folder)
    .filter((name) => name.endsWith('.bench.ts'))
    .sort()) {
    if (only !== null && !file.includes(only)) continue;
    const { run }: { run(smoke: boolean): readonly KernelResult[] } = await import(join(folder, file));
    results.push(...run(smoke));
  }
  printTable(
    ['kernel', 'rate', 'unit', 'result hash'],
    results.map((result) => [result.name, result.rate, result.unit, result.hash]),
  );
  return results;
}
