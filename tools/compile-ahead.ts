import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { cpSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

/** Enough for the log's own thread to start (`AHEAD_BYTES_MIN`): 4 MiB. */
const SERIES = 20_000;
const STEPS = 20;
const STOP_AFTER_MS = 10_000;

/**
 * Starts a built server once, on a log as a killed one leaves it, and stops it when it is ready and the web framework is loaded. With that the compile cache beside
 * the build (`src/main.ts`) has what a start compiles: otherwise the first start would compile all of it, and each one
 * that is killed within seconds, too. A build without it is as good, so what goes wrong is told and no error.
 */
export async function compileAhead(root: string): Promise<void> {
  const home = mkdtempSync(join(tmpdir(), 'narthex-build-'));
  try {
    await writeLog(root, join(home, 'data'));
    const config = join(home, 'prometheus.yml');
    writeFileSync(config, 'global: {scrape_interval: 1h}\n');
    await startAndStop(join(root, 'bin/narthex'), [
      `--config.file=${config}`,
      `--storage.tsdb.path=${join(home, 'data')}`,
      '--storage.tsdb.retention.time=100y',
      '--web.listen-address=127.0.0.1:0',
      '--log.level=error',
    ]);
  } catch (error) {
    console.warn(`The build has no compile cache; the first start makes one: ${error}`);
  } finally {
    rmSync(home, { recursive: true, force: true });
  }
}

/** Makes a directory with a log and nothing else, by the built library. */
async function writeLog(root: string, directory: string): Promise<void> {
  const { openDatabase } = (await import(join(root, 'dist/tsdb.js'))) as typeof import('../src/tsdb/library.ts');
  const database = await openDatabase(`${directory}-open`);
  const start = Date.now() - STEPS * 15_000;
  for (let step = 0; step < STEPS; step++) {
    const time = start + step * 15_000;
    const samples = Array.from({ length: SERIES }, (_, i) => ({
      labels: { __name__: `series_${i % 100}`, instance: `host-${Math.floor(i / 1000)}:9100`, path: `/part/${i}` },
      time,
      value: Math.sin(i + step),
    }));
    database.append(samples);
  }
  // Before the stop, which would leave an image of the head.
  await database.sync();
  cpSync(join(`${directory}-open`, 'wal'), join(directory, 'wal'), { recursive: true });
  await database.close();
}

async function startAndStop(program: string, args: readonly string[]): Promise<void> {
  const { NODE_COMPILE_CACHE: _, ...env } = process.env;
  const child = spawn(program, args, { stdio: ['ignore', 'pipe', 'ignore'], env });
  const ended = once(child, 'exit');
  const timer = setTimeout(() => child.kill('SIGKILL'), STOP_AFTER_MS);
  try {
    const [line] = (await Promise.race([once(child.stdout, 'data'), ended.then(() => [''])])) as [unknown];
    const url = /http:\S+/.exec(String(line))?.[0];
    if (url === undefined) throw new Error('the server does not start');
    while ((await fetch(`${url}-/ready`)).status !== 200) await new Promise((resolve) => setTimeout(resolve, 20));
    // The first request that needs the web framework loads it, and would compile all of it.
    await fetch(`${url}api/v1/read`, { method: 'POST' });
    child.kill('SIGTERM');
    await ended;
  } finally {
    clearTimeout(timer);
    child.kill('SIGKILL');
  }
}
