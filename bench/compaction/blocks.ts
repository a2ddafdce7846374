import { execFileSync } from 'node:child_process';
import { linkSync, mkdirSync, mkdtempSync, readdirSync, rmSync, statSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { nodeFiles } from '../../src/std/node-files.ts';
import { newUlid } from '../../src/std/ulid.ts';
import { readBlockMetas } from '../../src/tsdb/block/read-block-metas.ts';
import { writeBlock } from '../../src/tsdb/compact/write-block.ts';
import { hostLabels, hostSource } from '../load/block-source.ts';
import type { BenchOptions } from '../options.ts';
import { findCompetitors } from '../peers/server.ts';
import { SERVER_FLAGS } from '../server-flags.ts';
import { median, pairedOrder } from '../statistics.ts';
import { printTable } from '../table.ts';
import { blockBytesPerSample } from './block-bytes.ts';
import { compactPrometheus } from './prometheus.ts';

const TWO_HOURS_MS = 2 * 60 * 60 * 1000;
/** Blocks that become one; a newer one lies behind them, which no compaction takes. */
const BLOCKS = 3;

interface Run {
  readonly name: string;
  readonly cpuSeconds: number;
  readonly extraMiB: number;
  readonly bytesPerSample: number;
}

/** Three blocks of two hours into one, on the same files. */
export async function blocksCase({ peers, rounds }: BenchOptions, series: number): Promise<unknown> {
  const root = mkdtempSync(join(tmpdir(), 'narthex-bench-'));
  try {
    const blocks = join(root, 'blocks');
    const writing = makeBlocks(blocks, series);
    const competitors = findCompetitors(peers).filter(({ kind }) => kind !== 'victoria');
    const runs: Run[] = [];
    for (const { kind, name, program } of pairedOrder(competitors, rounds)) {
      const directory = join(root, 'data');
      linkAll(blocks, directory);
      const run =
        kind === 'narthex' ? compactOurs(directory) : await compactPrometheus(program, directory, 'compact blocks');
      if (run !== null) runs.push({ name, ...run, bytesPerSample: bytesPerSample(directory) });
      rmSync(directory, { recursive: true });
    }
    const summary = competitors.flatMap(({ name }) => {
      const own = runs.filter((run) => run.name === name);
      if (own.length === 0) return [];
      return [
        {
          name,
          cpuSeconds: median(own.map((run) => run.cpuSeconds)),
          extraMiB: median(own.map((run) => run.extraMiB)),
          bytesPerSample: median(own.map((run) => run.bytesPerSample)),
        },
      ];
    });
    console.log(`${series} series; a block of two hours written in ${writing.toFixed(2)} s of CPU`);
    printTable(
      ['server', 'CPU s', 'extra RSS MiB', 'bytes a sample'],
      summary.map((row) => [row.name, row.cpuSeconds, row.extraMiB, row.bytesPerSample]),
    );
    return { series, writing, summary, runs };
  } finally {
    rmSync(root, { recursive: true, force: true });
  }
}

/** Returns the least CPU seconds that a block took. */
function makeBlocks(directory: string, series: number): number {
  mkdirSync(directory);
  const labels = hostLabels(series);
  const width = BLOCKS * TWO_HOURS_MS;
  const start = Math.floor(Date.now() / width) * width - 2 * width;
  let least = Number.POSITIVE_INFINITY;
  for (let i = 0; i <= BLOCKS; i++) {
    const minTime = start + i * TWO_HOURS_MS;
    const source = hostSource(i < BLOCKS ? labels : labels.slice(0, 10), minTime);
    const before = process.cpuUsage();
    const maxTime = minTime + TWO_HOURS_MS;
    writeBlock(nodeFiles, { directory, ulid: newUlid(Date.now()), sources: [source], minTime, maxTime, level: 1 });
    const { user, system } = process.cpuUsage(before);
    if (i < BLOCKS) least = Math.min(least, (user + system) / 1e6);
  }
  return least;
}

function compactOurs(directory: string): Omit<Run, 'name' | 'bytesPerSample'> {
  const ulids = readBlockMetas(nodeFiles, directory).map(({ ulid }) => ulid);
  const child = join(import.meta.dirname, 'blocks-child.ts');
  const args = [...SERVER_FLAGS, child, directory, ...ulids.slice(0, BLOCKS)];
  const { cpuSeconds, extraBytes } = JSON.parse(execFileSync(process.execPath, args).toString());
  return { cpuSeconds, extraMiB: extraBytes / 2 ** 20 };
}

/** Of the block that was made. */
function bytesPerSample(directory: string): number {
  return blockBytesPerSample(
    directory,
    readBlockMetas(nodeFiles, directory).find(({ parents }) => parents.length > 0)!,
  );
}

/** A directory whose files are those of another: what compacts only makes and removes files. */
function linkAll(from: string, to: string): void {
  mkdirSync(to);
  for (const name of readdirSync(from)) {
    if (statSync(join(from, name)).isDirectory()) linkAll(join(from, name), join(to, name));
    else linkSync(join(from, name), join(to, name));
  }
}
