import { cpSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { findCompetitors, startServer } from '../peers/server.ts';
import { processUse } from '../process-tree.ts';
import { median, pairedOrder } from '../statistics.ts';
import { printTable } from '../table.ts';
import { fillProcess } from './fill.ts';

export interface RestartSizes {
  readonly series: number;
  readonly steps: number;
  readonly rounds: number;
  readonly peers: readonly string[];
}

interface Run {
  readonly name: string;
  readonly readyAfterMs: number;
  readonly cpuSeconds: number;
}

/**
 * Seconds from spawning a server on a directory whose writer was killed until it says that it is ready: each on a copy of
 * the same files, and Narthex twice more: with an image of the head that has all samples, and with one that is as old as one
 * written while running may be, with a fifth of the samples in the log behind it.
 */
export async function restartCase({ peers, rounds, series, steps }: RestartSizes): Promise<unknown> {
  const root = mkdtempSync(join(tmpdir(), 'narthex-bench-'));
  try {
    const plain = join(root, 'plain');
    const imaged = join(root, 'imaged');
    const older = join(root, 'older');
    fillProcess({ directory: plain, series, steps });
    fillProcess({ directory: imaged, series, steps, imageAfter: steps });
    fillProcess({ directory: older, series, steps, imageAfter: Math.ceil((4 * steps) / 5) });
    const competitors = findCompetitors(peers).filter(({ kind }) => kind !== 'victoria');
    const ways = competitors.flatMap((competitor) => {
      const way = { name: competitor.name, competitor, source: plain };
      if (competitor.kind !== 'narthex') return [way];
      return [
        way,
        { name: 'narthex, image', competitor, source: imaged },
        { name: 'narthex, image of four fifths', competitor, source: older },
      ];
    });
    const runs: Run[] = [];
    for (const { competitor, name, source } of pairedOrder(ways, rounds)) {
      const home = join(root, 'home');
      cpSync(source, join(home, 'data'), { recursive: true });
      const server = await startServer(competitor, 'global: {scrape_interval: 1h}\n', { directory: home });
      const { cpuSeconds } = processUse(server.pid);
      runs.push({ name, readyAfterMs: server.readyAfterMs, cpuSeconds });
      await server.stop('SIGKILL');
    }
    const summary = ways.map(({ name }) => {
      const own = runs.filter((run) => run.name === name);
      return {
        name,
        readyAfterMs: median(own.map((run) => run.readyAfterMs)),
        cpuSeconds: median(own.map((run) => run.cpuSeconds)),
      };
    });
    console.log(`\nstart after a kill: ${series} series, ${series * steps} samples in the log`);
    printTable(
      ['server', 'ready after ms', 'CPU s'],
      summary.map((row) => [row.name, row.readyAfterMs, row.cpuSeconds]),
    );
    return { summary, runs };
  } finally {
    rmSync(root, { recursive: true, force: true });
  }
}
