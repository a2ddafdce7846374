import { spawnSync } from 'node:child_process';
import { join } from 'node:path';
import { spawnReplayExporter } from '../load/spawn-exporter.ts';
import { SERVER_FLAGS } from '../server-flags.ts';
import { printTable } from '../table.ts';
import type { WatchedTurns } from '../turn-watch.ts';

/** How many lines, series and samples there are. */
export interface LargeTurnsSizes {
  /** Lines of a target. */
  readonly lines: number;
  /** Series of a remote write request that has one sample of each; so many need some 32 MiB. */
  readonly rows: number;
  /** Samples of each of a thousand series, as far as they fit. */
  readonly columns: number;
  /** Samples of a transaction, and of one whose samples come late. */
  readonly commit: number;
  /** Histograms, and exemplars, of a transaction. */
  readonly entries: number;
}

/** How long the event loop is held by a scrape, a remote write request and a transaction that are large. */
export async function largeTurnsCase(
  root: string,
  { lines, rows, columns, commit, entries }: LargeTurnsSizes,
): Promise<unknown> {
  const exporter = await spawnReplayExporter();
  const program = join(import.meta.dirname, 'large-turns-process.ts');
  const cases: readonly (readonly [kind: string, size: number])[] = [
    ['scrape', lines],
    ['write-rows', rows],
    ['write-columns', columns],
    ['commit', commit],
    ['late', commit],
    ['histograms', entries],
    ['exemplars', entries],
  ];
  const results: ({ name: string } & WatchedTurns)[] = [];
  try {
    for (const [kind, size] of cases) {
      const given = [join(root, `large-${kind}`), kind, String(size), String(exporter.port)];
      const { stdout, stderr } = spawnSync(process.execPath, [...SERVER_FLAGS, '--expose-gc', program, ...given], {
        encoding: 'utf8',
        maxBuffer: 1 << 24,
      });
      const line = stdout.trim().split('\n').at(-1) ?? '';
      if (!line.startsWith('[')) throw new Error(`Cannot watch turns of ${kind}: ${stderr.slice(-2000)}`);
      for (const row of JSON.parse(line) as typeof results) results.push(row);
    }
  } finally {
    exporter.stop();
  }
  console.log('\nturns of the event loop: large batches');
  printTable(
    ['what', 'longest turn ms', 'of the processor', 'delay of a timer', 'all ms', 'processor ms', 'turns'],
    results.map((row) => [row.name, row.longestMs, row.longestCpuMs, row.delayMs, row.wallMs, row.cpuMs, row.turns]),
  );
  return results;
}
