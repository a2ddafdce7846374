import { spawn } from 'node:child_process';
import { writeFileSync } from 'node:fs';
import { PeerError } from '../peers/server.ts';
import { processUse } from '../process-tree.ts';

const POLL_MS = 20;
const FAILED_AFTER_MS = 600_000;

export interface CompactionUse {
  readonly cpuSeconds: number;
  readonly extraMiB: number;
}

/**
 * What a Prometheus on a directory takes from the moment it is ready until it logs `doneText`. null where it never does,
 * as one that looks at its directory each minute only.
 */
export async function compactPrometheus(
  program: string,
  directory: string,
  doneText: string,
): Promise<CompactionUse | null> {
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
  const notRun = new Promise<never>((_, reject) => {
    child.once('error', (error) => reject(new PeerError(`Cannot start ${program}: ${error.message}`)));
  });
  if (child.pid === undefined) await notRun;
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
    while (!output.includes(doneText)) {
      if (performance.now() - started > FAILED_AFTER_MS || child.exitCode !== null) return null;
      await sleep(POLL_MS);
      residentMax = Math.max(residentMax, processUse(child.pid!).residentBytes);
    }
    const cpuSeconds = processUse(child.pid!).cpuSeconds - before.cpuSeconds;
    return { cpuSeconds, extraMiB: (residentMax - before.residentBytes) / 2 ** 20 };
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
