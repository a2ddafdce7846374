/**
 * Runs hostile queries in a query thread as a server has it, and fails where one holds that thread for too long between two points
 * at which it could be stopped:
 * `node test/fuzz/hostile.ts [--only TEXT]... [--data small|large|wide|rare|all] [--part N/M] [--timeout MS]
 * [--scale X] [--rows N] [--again N] [--where]`.
 *
 * Measured is the CPU time of the thread, so that other load does not count; its collections of garbage do. It runs with the flags that
 * the server runs with, which decide how long those take. Where the host of a machine takes processor time away, some of that is told as
 * CPU time: with `--again N` a query above the limit is run up to N times more, each with a line, and its best run counts. The last line
 * tells what was taken.
 */
import { spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { SERVER_FLAGS } from '../../bench/server-flags.ts';
import { stolenLine, stolenSeconds } from '../../bench/stolen-time.ts';
import type { Database } from '../../src/tsdb/tsdb.ts';
import {
  fillSmall,
  HOSTILE_QUERIES,
  type HostileLimits,
  type HostileOutcome,
  type HostileQuery,
  SMALL_LIMITS,
} from './hostile-queries.ts';
import { LARGE, openHostileDatabase, openLargeDatabase } from './large-data.ts';
import { LARGE_QUERIES, LARGE_QUERIES_END } from './large-queries.ts';
import { ProbedPool } from './probed-pool.ts';
import { openRareDatabase, RARE } from './rare-data.ts';
import { RARE_QUERIES } from './rare-queries.ts';
import { WIDE_QUERIES } from './wide-queries.ts';

if (!SERVER_FLAGS.every((flag) => process.execArgv.includes(flag))) {
  const again = [...process.execArgv, ...SERVER_FLAGS, ...process.argv.slice(1)];
  process.exit(spawnSync(process.execPath, again, { stdio: 'inherit' }).status ?? 1);
}

/** Longer pieces are a failure. */
const PIECE_MS_MAX = 100;

const { values } = parseArgs({
  options: {
    only: { type: 'string', multiple: true, default: [''] },
    data: { type: 'string', default: 'all' },
    rows: { type: 'string', default: '10' },
    scale: { type: 'string', default: '1' },
    timeout: { type: 'string', default: '5000' },
    part: { type: 'string', default: '1/1' },
    again: { type: 'string', default: '0' },
    where: { type: 'boolean', default: false },
  },
});

/** Those that a server has by default. */
const LARGE_LIMITS: HostileLimits = {
  samplesMax: 50_000_000,
  bytesMax: 2 ** 30,
  timeoutMs: Number(values.timeout),
  end: LARGE_QUERIES_END,
};

Error.stackTraceLimit = 30;
const stolenBefore = stolenSeconds();
const outcomes: (HostileOutcome & { readonly name: string })[] = [];

async function runAll(queries: readonly HostileQuery[], limits: HostileLimits, database: Database): Promise<void> {
  const pool = new ProbedPool(database, limits, values.where);
  const [part, parts] = values.part.split('/').map(Number) as [number, number];
  for (const [number, query] of queries.entries()) {
    if (number % parts !== part - 1 || !values.only.some((text) => query.name.includes(text))) continue;
    let outcome = await runOnce(query, pool);
    for (let again = 0; again < Number(values.again) && outcome.piece.cpuMs > PIECE_MS_MAX; again++) {
      const other = await runOnce(query, pool);
      if (other.piece.cpuMs < outcome.piece.cpuMs) outcome = other;
    }
    outcomes.push({ name: query.name, ...outcome });
  }
  await pool.close();
}

async function runOnce(query: HostileQuery, pool: ProbedPool): Promise<HostileOutcome> {
  const outcome = await pool.run(query);
  const { answer, ms, piece } = outcome;
  process.stdout.write(
    `${piece.cpuMs.toFixed(1).padStart(7)} ms of CPU, ${piece.wallMs.toFixed(1).padStart(7)} ms in one piece of ` +
      `${ms.toFixed(0).padStart(6)} ms: ${query.name}: ${answer.slice(0, 100)}\n`,
  );
  if (values.where && piece.where !== null)
    process.stdout.write(`${piece.where.split('\n').slice(5, 18).join('\n')}\n`);
  return outcome;
}

async function openSmallDatabase(directory: string): Promise<Database> {
  const database = await openHostileDatabase(directory);
  fillSmall(database);
  return database;
}

async function withDatabase(
  open: (directory: string) => Promise<Database>,
  use: (database: Database) => Promise<void>,
): Promise<void> {
  const directory = mkdtempSync(join(tmpdir(), 'narthex-hostile-'));
  try {
    const began = performance.now();
    const database = await open(directory);
    process.stdout.write(`data after ${Math.round(performance.now() - began)} ms\n`);
    await use(database);
    await database.close();
  } finally {
    rmSync(directory, { recursive: true, force: true });
  }
}

if (values.data === 'small' || values.data === 'all') {
  await withDatabase(openSmallDatabase, (database) => runAll(HOSTILE_QUERIES, SMALL_LIMITS, database));
}
const scale = Number(values.scale);
if (/^(large|wide|all)$/.test(values.data)) {
  const size = {
    ...LARGE,
    longSamples: Math.round(LARGE.longSamples * scale),
    wideSeries: LARGE.wideSeries * scale,
    histograms: LARGE.histograms * scale,
  };
  await withDatabase(
    (directory) => openLargeDatabase(directory, size),
    async (database) => {
      if (values.data !== 'wide') await runAll(LARGE_QUERIES, LARGE_LIMITS, database);
      if (values.data !== 'large') await runAll(WIDE_QUERIES, LARGE_LIMITS, database);
    },
  );
}
if (values.data === 'rare' || values.data === 'all') {
  const size = { ...RARE, wideSeries: RARE.wideSeries * scale, services: RARE.services * scale };
  await withDatabase(
    (directory) => openRareDatabase(directory, size),
    (database) => runAll(RARE_QUERIES, LARGE_LIMITS, database),
  );
}
outcomes.sort((a, b) => b.piece.cpuMs - a.piece.cpuMs);
process.stdout.write(`\nthe longest pieces of ${outcomes.length} queries, ms of CPU and of wall time\n`);
for (const { name, piece } of outcomes.slice(0, Number(values.rows))) {
  process.stdout.write(`${piece.cpuMs.toFixed(1).padStart(7)} ${piece.wallMs.toFixed(1).padStart(7)}  ${name}\n`);
}
const tooLong = outcomes.filter(({ piece }) => piece.cpuMs > PIECE_MS_MAX).length;
if (tooLong > 0) process.stdout.write(`${tooLong} are longer than ${PIECE_MS_MAX} ms\n`);
if (stolenBefore !== null) {
  process.stdout.write(`${stolenLine((stolenSeconds() ?? stolenBefore) - stolenBefore, performance.now() / 1000)}\n`);
}
process.exitCode = tooLong > 0 ? 1 : 0;
