import { execFileSync } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { nodeFiles } from '../../src/std/node-files.ts';
import { readBlockMetas } from '../../src/tsdb/block/read-block-metas.ts';
import { bundled } from '../bundle.ts';
import type { BenchOptions } from '../options.ts';
import { findCompetitors } from '../peers/server.ts';
import { SERVER_FLAGS } from '../server-flags.ts';
import { printTable } from '../table.ts';
import { blockBytesPerSample } from './block-bytes.ts';
import { compactPrometheus } from './prometheus.ts';

interface HeadRun {
  readonly name: string;
  readonly cpuSeconds: number;
  readonly extraMiB: number;
  /** Of the main thread alone, and how long it held the event loop at most; null for a peer. */
  readonly mainCpuSeconds: number | null;
  readonly longestPauseMs: number | null;
  readonly bytesPerSample: number;
}

/**
 * The head's oldest two hours to a block, and the log after it, with scrapes going on; then a Prometheus on a copy of the
 * directory as it was before, from the moment it is ready to its checkpoint.
 */
export async function headCase({ peers }: BenchOptions, series: number): Promise<unknown> {
  const root = mkdtempSync(join(tmpdir(), 'narthex-bench-'));
  try {
    const copy = join(root, 'copy');
    const child = join(import.meta.dirname, 'head-child.ts');
    const thread = join(import.meta.dirname, '../../src/tsdb/compact/compact-worker.ts');
    const program = await bundled(child, join(root, 'bundle'), [thread]);
    const runs = [compactOurs(program, join(root, 'data'), copy, series)];
    rmSync(join(root, 'data'), { recursive: true });
    const peer = findCompetitors(peers).find(({ kind }) => kind === 'prometheus');
    if (peer !== undefined) {
      const theirs = await compactPrometheus(peer.program, copy, 'WAL checkpoint complete');
      if (theirs !== null) {
        const own = { mainCpuSeconds: null, longestPauseMs: null, bytesPerSample: bytesPerSample(copy) };
        runs.push({ name: peer.name, ...theirs, ...own });
      }
    }
    console.log(`\ntwo hours of ${series} series from the head to a block, and a checkpoint of the log`);
    printTable(
      ['server', 'CPU s', 'of them main thread', 'extra RSS MiB', 'longest pause ms', 'bytes a sample'],
      runs.map((run) => {
        const { bytesPerSample, cpuSeconds, extraMiB, longestPauseMs, mainCpuSeconds, name } = run;
        return [name, cpuSeconds, mainCpuSeconds ?? '-', extraMiB, longestPauseMs ?? '-', bytesPerSample];
      }),
    );
    return { series, runs };
  } finally {
    rmSync(root, { recursive: true, force: true });
  }
}

function compactOurs(program: string, directory: string, copy: string, series: number): HeadRun {
  const args = [...SERVER_FLAGS, '--expose-gc', program, directory, copy, String(series)];
  const result = JSON.parse(execFileSync(process.execPath, args).toString());
  const { cpuSeconds, extraBytes, longestPauseMs, mainCpuSeconds } = result;
  const extraMiB = extraBytes / 2 ** 20;
  return {
    name: 'narthex',
    cpuSeconds,
    mainCpuSeconds,
    extraMiB,
    longestPauseMs,
    bytesPerSample: bytesPerSample(directory),
  };
}

/** Of the one block that there is. */
function bytesPerSample(directory: string): number {
  return blockBytesPerSample(directory, readBlockMetas(nodeFiles, directory)[0]!);
}
