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
import { type BatchSample, CHUNK_RANGE_MS, samplesOf, WAL_SEGMENT_SIZE, WINDOW_MS } from './kill9-batches.ts';

/**
 * Kills a writing process with SIGKILL at random moments and checks after each kill that every acknowledged sample is
 * there and nothing else. A directory is kept for some rounds, so that it is replayed and continued each time; then
 * another one begins, lest each round takes longer than the one before.
 *
 *     node test/crash/kill9.ts [rounds] [seed]
 */
export async function kill9(rounds: number, seed: number, onRound: (report: string) => void): Promise<void> {
  const random = createRandom(seed);
  const root = mkdtempSync(join(tmpdir(), 'narthex-kill9-'));
  try {
    let next = 1;
    let inCompaction = 0;
    for (let round = 1; round <= rounds; ) {
      const directory = join(root, `data${round}`);
      const expected = new ExpectedSamples();
      for (const end = Math.min(rounds, round + ROUNDS_OF_DIRECTORY - 1); round <= end; round++) {
        const { acknowledged, isCompacting } = await writeUntilKilled(directory, next, 1 + random.below(MOMENT_MS_MAX));
        for (let number = next; number <= acknowledged; number++) expected.add(number);
        expected.addUncertain(acknowledged + 1);
        if (isCompacting) inCompaction++;
        const samples = await expected.check(directory);
        onRound(
          `round ${round}: ${acknowledged - next + 1} batches acknowledged, all ${samples} samples there; ` +
            `${inCompaction} kills so far inside a compaction`,
        );
        next = acknowledged + 2;
      }
      rmSync(directory, { recursive: true });
    }
  } finally {
    rmSync(root, { recursive: true, force: true });
  }
}

/** Rounds with one directory. */
const ROUNDS_OF_DIRECTORY = 25;
/** A kill comes so long after the first answer at most: compactions of late samples begin and end meanwhile. */
const MOMENT_MS_MAX = 500;

interface Killed {
  /** The last batch that was answered. */
  readonly acknowledged: number;
  /** A compaction had begun and not ended. */
  readonly isCompacting: boolean;
}

/** Runs the writer from batch `first` on; kills it so long after its first answer. */
async function writeUntilKilled(directory: string, first: number, delayMs: number): Promise<Killed> {
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
  const lines = output.slice(0, output.lastIndexOf('\n')).split('\n');
  const acknowledged = Number(lines.findLast((line) => /^\d+$/.test(line)));
  return { acknowledged, isCompacting: lines.lastIndexOf('compacting') > lines.lastIndexOf('compacted') };
}

/** What a directory must have, series by series: values by their times. */
class ExpectedSamples {
  readonly #present = new Map<string, Map<number, number>>();
  /** Batches that were being committed: their late samples may be there alone, since their log is written first. */
  readonly #uncertain = new Map<string, Map<number, number>>();
  /** The times of those batches' other samples, which are there whole or not at all: how many there are. */
  readonly #wholeAt = new Map<number, number>();
  #count = 0;

  add(number: number): void {
    for (const sample of samplesOf(number)) put(this.#present, sample);
    this.#count += samplesOf(number).length;
  }

  addUncertain(number: number): void {
    for (const sample of samplesOf(number)) {
      put(this.#uncertain, sample);
      if (sample.labels.get('late') === '') this.#wholeAt.set(sample.time, (this.#wholeAt.get(sample.time) ?? 0) + 1);
    }
  }

  /** Throws unless the directory holds all samples that are certain and no others but uncertain ones; returns their number. */
  async check(directory: string): Promise<number> {
    let found = 0;
    const foundAt = new Map<number, number>();
    await eachSample(directory, (series, time, value) => {
      if (this.#wholeAt.has(time)) foundAt.set(time, (foundAt.get(time) ?? 0) + 1);
      if (this.#present.get(series)?.get(time) === value) found++;
      else if (this.#uncertain.get(series)?.get(time) !== value) {
        throw new Error(`${series} ${time} is ${value}, not ${this.#present.get(series)?.get(time)}`);
      }
    });
    for (const [time, count] of foundAt) {
      const size = this.#wholeAt.get(time);
      if (count !== size) throw new Error(`${count} of ${size} samples of an unacknowledged batch are there`);
    }
    if (found !== this.#count)
      throw new Error(`${this.#count - found} of ${this.#count} acknowledged samples are missing`);
    return found;
  }
}

function put(into: Map<string, Map<number, number>>, { labels, time, value }: BatchSample): void {
  const key = labels.toString();
  const times = into.get(key) ?? new Map<number, number>();
  into.set(key, times.set(time, value));
}

/** Throws where a time comes twice in a series. */
async function eachSample(
  directory: string,
  use: (series: string, time: number, value: number) => void,
): Promise<void> {
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
  const range = { minTime: 0, maxTime: Number.MAX_SAFE_INTEGER };
  const querier = database.querier(range);
  const matchers = [{ type: '=', name: '__name__', value: 'kill9' }] as const;
  const series = await querier.select({ matchers, range, sorted: false, limit: 0 });
  const column = createSampleColumn(64);
  for (let row = 0; row < series.length; row++) {
    series.read(row, column);
    const labels = series.labels(row).toString();
    for (let i = 0; i < column.length; i++) {
      if (i > 0 && column.times[i]! <= column.times[i - 1]!) throw new Error(`${labels} has ${column.times[i]} twice`);
      use(labels, column.times[i]!, column.values[i]!);
    }
  }
  querier.close();
  await database.close();
}

if (process.argv[1] === import.meta.filename) {
  const [rounds = '20', seed = String(Date.now() % 1_000_000)] = process.argv.slice(2);
  console.log(`seed ${seed}`);
  await kill9(Number(rounds), Number(seed), console.log);
}
