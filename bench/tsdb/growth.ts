import { rmSync } from 'node:fs';
import { join } from 'node:path';
import { median } from '../statistics.ts';
import { printTable, shortNumber } from '../table.ts';
import { type FillResult, fillProcess } from './fill.ts';

/** How much more ten times the series cost: the median of `rounds` runs of each size, one after the other. */
export function growthCase(root: string, series: number, steps: number, rounds: number): unknown {
  const sizes = [Math.ceil(series / 10), series];
  const runs: FillResult[] = [];
  for (let round = 0; round < rounds; round++) {
    for (const size of sizes) {
      const directory = join(root, `growth-${size}`);
      runs.push(fillProcess({ directory, series: size, steps }));
      rmSync(directory, { recursive: true, force: true });
    }
  }
  const summary = sizes.map((size) => {
    const own = runs.filter((run) => run.series === size);
    return {
      series: size,
      // Without making labels and values, and without the start of the process, which do not grow as the database does.
      cpuSeconds: median(own.map((run) => run.databaseCpuSeconds)),
      memoryBytes: median(own.map((run) => run.residentBytes - run.idleBytes)),
    };
  });
  const [small, large] = summary as [(typeof summary)[0], (typeof summary)[0]];
  const cpu = large.cpuSeconds / small.cpuSeconds;
  const memory = large.memoryBytes / small.memoryBytes;
  console.log(`\ngrowth: ${steps} samples a series, median of ${rounds}`);
  printTable(
    ['series', 'CPU s', 'RSS above idle MiB', 'bytes a series'],
    summary.map((row) => [row.series, row.cpuSeconds, row.memoryBytes / 2 ** 20, row.memoryBytes / row.series]),
  );
  console.log(
    `ten times the series: ${shortNumber(cpu)} times the CPU (goal: 13 at most), ` +
      `${shortNumber(memory)} times the memory above idle (goal: 11 at most)`,
  );
  return { summary, cpu, memory, runs };
}
