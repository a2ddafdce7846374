import { spawn } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout } from 'node:timers/promises';
import { systemClock } from '../../src/std/clock.ts';
import { nodeFiles } from '../../src/std/node-files.ts';
import { createRandom } from '../../src/std/random.ts';
import { createSampleColumn } from '../../src/storage/query.ts';
import { silentLog } from '../../src/telemetry/log.ts';
import { openDatabase } from '../../src/tsdb/tsdb.ts';
import { CHUNK_RANGE_MS, samplesOf, WAL_SEGMENT_SIZE, WINDOW_MS } from './kill9-batches.ts';

/**
 * Kills a writing process with SIGKILL at random moments and checks after each kill that every acknowledged sample is
 * there and nothing else. The directory is kept from round to round, so it is replayed and continued each time.
 *
 *     node test/crash/kill9.ts [rounds] [seed]
 */
export async function kill9(rounds: number, seed: number, onRound: (report: string) => void): Promise<void> {
  const random = createRandom(seed);
  const root = mkdtempSync(join(tmpdir(), 'narthex-kill9-'));
  const directory = join(root, 'data');
  const present = new Set<number>();
  /** Batches that were being committed: their late samples may be there alone, since their log is written first. */
  const inFlight = new Set<number>();
  try {
    let next = 1;
    for (let round = 1; round <= rounds; round++) {
      const acknowledged = await writeUntilKilled(directory, next, 1 + random.below(MOMENT_MS_MAX));
      for (let number = next; number <= acknowledged; number++) present.add(number);
      inFlight.add(acknowledged + 1);
      await checkDirectory(directory, present, inFlight);
      onRound(`round ${round}: ${acknowledged - next + 1} batches acknowledged, ${present.size} in all, none missing`);
      next = acknowledged + 2;
    }
  } finally {
    rmSync(root, { recursive: true, force: true });
  }
}

/** A kill comes so long after the first answer at most: compactions of late samples begin and end meanwhile. */
const MOMENT_MS_MAX = 500;

/** Runs the writer from batch `first` on; kills it so long after its first answer. Returns the last one answered. */
async function writeUntilKilled(directory: string, first: number, delayMs: number): Promise<number> {
  const program = join(import.meta.dirname, 'kill9-writer.ts');
  const child = spawn(process.execPath, [program, directory, String(first)], { stdio: ['ignore', 'pipe', 'pipe'] });
  let output = '';
  let errors = '';
  const answered = new Promise<void>((resolve) => {
    child.stdout.on('data', (chunk: Buffer) => {
      output += chunk.toString();
      resolve();
    });
  });
  child.stderr.on('data', (chunk: Buffer) => {
    errors += chunk.toString();
  });
  // 'close' comes when the pipe has been read to its end, so no answer is lost.
  const closed = new Promise<number | null>((resolve) => {
    child.on('close', resolve);
  });
  await Promise.race([answered, closed]);
  await setTimeout(delayMs);
  child.kill('SIGKILL');
  const code = await closed;
  if (code !== null) throw new Error(`The writer ended by itself with code ${code}: ${errors}`);
  return Number(output.slice(0, output.lastIndexOf('\n')).split('\n').at(-1));
}

/** Throws unless the directory holds all samples of the batches `present` and nothing else but samples of `inFlight`. */
async function checkDirectory(
  directory: string,
  present: ReadonlySet<number>,
  inFlight: ReadonlySet<number>,
): Promise<void> {
  const found = await readAll(directory);
  for (const number of present) {
    for (const { labels, time, value } of samplesOf(number)) {
      const key = `${labels} ${time}`;
      if (found.get(key) !== value) throw new Error(`${key} of batch ${number} is ${found.get(key)}, not ${value}`);
      found.delete(key);
    }
  }
  for (const number of inFlight) {
    for (const { labels, time, value } of samplesOf(number)) {
      const key = `${labels} ${time}`;
      if (found.get(key) === value) found.delete(key);
    }
  }
  if (found.size > 0) throw new Error(`${found.size} samples were never written, ${[...found.keys()][0]} among them`);
}

async function readAll(directory: string): Promise<Map<string, number>> {
  const database = await openDatabase({
    directory,
    fileSystem: nodeFiles,
    clock: systemClock,
    log: silentLog,
    walSegmentSize: WAL_SEGMENT_SIZE,
    outOfOrderMs: WINDOW_MS,
    chunkRangeMs: CHUNK_RANGE_MS,
    maintenance: null,
  });
  const found = new Map<string, number>();
  const range = { minTime: 0, maxTime: Number.MAX_SAFE_INTEGER };
  const querier = database.querier(range);
  const matchers = [{ type: '=', name: '__name__', value: 'kill9' }] as const;
  const series = await querier.select({ matchers, range, sorted: false, limit: 0 });
  const column = createSampleColumn(64);
  for (let row = 0; row < series.length; row++) {
    series.read(row, column);
    const labels = series.labels(row).toString();
    for (let i = 0; i < column.length; i++) {
      const key = `${labels} ${column.times[i]}`;
      if (found.has(key)) throw new Error(`${key} is there twice`);
      found.set(key, column.values[i]!);
    }
  }
  querier.close();
  await database.close();
  return found;
}

if (process.argv[1] === import.meta.filename) {
  const [rounds = '20', seed = String(Date.now() % 1_000_000)] = process.argv.slice(2);
  console.log(`seed ${seed}`);
  await kill9(Number(rounds), Number(seed), console.log);
}
