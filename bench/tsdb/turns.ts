import { spawnSync } from 'node:child_process';
import { join } from 'node:path';
import { SERVER_FLAGS } from '../server-flags.ts';
import { printTable } from '../table.ts';
import type { WatchedTurns } from '../turn-watch.ts';

/** How long the event loop is held by each thing that a database of many series does now and then. */
export async function turnsCase(root: string, series: number): Promise<unknown> {
  const program = join(import.meta.dirname, 'turns-process.ts');
  const { stdout, stderr } = spawnSync(
    process.execPath,
    [...SERVER_FLAGS, program, join(root, 'turns'), String(series)],
    { encoding: 'utf8', maxBuffer: 1 << 24 },
  );
  const line = stdout.trim().split('\n').at(-1) ?? '';
  if (!line.startsWith('{')) throw new Error(`Cannot watch turns: ${stderr.slice(-2000)}`);
  const { results } = JSON.parse(line) as { results: ({ name: string } & WatchedTurns)[] };
  console.log(`\nturns of the event loop: ${series} series, a scrape of 1,000 every 15 ms beside it`);
  printTable(
    ['what', 'longest turn ms', 'of the processor', 'all ms', 'processor ms', 'turns'],
    results.map((row) => [row.name, row.longestMs, row.longestCpuMs, row.wallMs, row.cpuMs, row.turns]),
  );
  return results;
}
