import type { BenchOptions } from './options.ts';
import { findCompetitors, startServer } from './peers/server.ts';
import { processUse } from './process-tree.ts';
import { median, pairedOrder } from './statistics.ts';
import { printTable } from './table.ts';

/** Seconds from spawning a server on an empty directory until it says that it is ready. */
export async function startupBench({ smoke, peers, rounds }: BenchOptions): Promise<unknown> {
  const competitors = findCompetitors(peers);
  const runs: { name: string; readyAfterMs: number; residentBytes: number }[] = [];
  for (const competitor of pairedOrder(competitors, smoke ? 1 : 2 * rounds + 1)) {
    const server = await startServer(competitor, 'global: {}\n');
    runs.push({
      name: competitor.name,
      readyAfterMs: server.readyAfterMs,
      residentBytes: processUse(server.pid).residentBytes,
    });
    await server.stop();
  }
  const summary = competitors.map(({ name }) => {
    const own = runs.filter((run) => run.name === name);
    return {
      name,
      readyAfterMs: median(own.map((run) => run.readyAfterMs)),
      residentMiB: median(own.map((run) => run.residentBytes)) / 2 ** 20,
    };
  });
  printTable(
    ['server', 'ready after ms', 'RSS MiB'],
    summary.map((row) => [row.name, row.readyAfterMs, row.residentMiB]),
  );
  return { summary, runs };
}
