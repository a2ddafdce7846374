import { execFileSync, spawn } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { BenchOptions } from '../options.ts';
import { findCompetitors } from '../peers/server.ts';
import { processUse } from '../process-tree.ts';
import { printTable } from '../table.ts';

const POLL_MS = 20;
const FAILED_AFTER_MS = 120_000;

interface HeadRun {
  readonly name: string;
  readonly cpuSeconds: number;
  readonly extraMiB: number;
  /** Of the main thread alone, and how long it held the event loop at most; null for a peer. */
  readonly mainCpuSeconds: number | null;
  readonly longestPauseMs: number | null;
}

/**
 * The head's oldest two hours to a block, and the log after it, with scrapes going on; then a Prometheus on a copy of the
 * directory as it was before, from the moment it is ready to its checkpoint.
 */
export async function headCase({ peers }: BenchOptions, series: number): Promise<unknown> {
  const root = mkdtempSync(join(tmpdir(), 'narthex-bench-'));
  try {
    const copy = join(root, 'copy');
    const runs = [compactOurs(join(root, 'data'), copy, series)];
    rmSync(join(root, 'data'), { recursive: true });
    const peer = findCompetitors(peers).find(({ kind }) => kind === 'prometheus');
    if (peer !== undefined) {
      const theirs = await compactTheirs(peer.program, copy);
      if (theirs !== null) runs.push({ name: peer.name, ...theirs });
    }
    console.log(`\ntwo hours of ${series} series from the head to a block, and a checkpoint of the log`);
    printTable(
      ['server', 'CPU s', 'of them main thread', 'extra RSS MiB', 'longest pause ms'],
      runs.map((run) => [run.name, run.cpuSeconds, run.mainCpuSeconds ?? '-', run.extraMiB, run.longestPauseMs ?? '-']),
    );
    return { series, runs };
  } finally {
    rmSync(root, { recursive: true, force: true });
  }
}

function compactOurs(directory: string, copy: string, series: number): HeadRun {
  const child = join(import.meta.dirname, 'head-child.ts');
  const args = ['--expose-gc', child, directory, copy, String(series)];
  const result = JSON.parse(execFileSync(process.execPath, args).toString());
  const { cpuSeconds, extraBytes, longestPauseMs, mainCpuSeconds } = result;
  return { name: 'narthex', cpuSeconds, mainCpuSeconds, extraMiB: extraBytes / 2 ** 20, longestPauseMs };
}

/** null where it does not compact, as a Prometheus that looks at its directory each minute only. */
async function compactTheirs(program: string, directory: string): Promise<Omit<HeadRun, 'name'> | null> {
  const config = `${directory}.yml`;
  writeFileSync(config, 'global: {}\n');
  const args = [
    `--config.file=${config}`,
    `--storage.tsdb.path=${directory}`,
    '--web.listen-address=127.0.0.1:0',
    '--storage.tsdb.block-reload-interval=1s',
    '--storage.tsdb.retention.time=100y',
  ];
  const child = spawn(program, args, { stdio: ['ignore', 'ignore', 'pipe'] });
  let output = '';
  child.stderr!.on('data', (data) => {
    output += data;
  });
  const exited = new Promise((resolve) => {
    child.on('exit', resolve);
  });
  try {
    while (child.exitCode === null && !output.includes('Server is ready')) await sleep(POLL_MS);
    if (child.exitCode !== null) return null;
    const before = processUse(child.pid!);
    const started = performance.now();
    let residentMax = before.residentBytes;
    while (!output.includes('WAL checkpoint complete')) {
      if (performance.now() - started > FAILED_AFTER_MS || child.exitCode !== null) return null;
      await sleep(POLL_MS);
      residentMax = Math.max(residentMax, processUse(child.pid!).residentBytes);
    }
    const cpuSeconds = processUse(child.pid!).cpuSeconds - before.cpuSeconds;
    const extraMiB = (residentMax - before.residentBytes) / 2 ** 20;
    return { cpuSeconds, extraMiB, mainCpuSeconds: null, longestPauseMs: null };
  } finally {
    child.kill('SIGTERM');
    await exited;
  }
}

function sleep(ms: number): Promise<void> {
  return new Promise((resolve) => {
    setTimeout(resolve, ms);
  });
}
