import { cpSync, mkdtempSync, readdirSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { setTimeout as sleep } from 'node:timers/promises';
import { findProgram } from '../../../bench/peers/find-program.ts';
import { createRandom, type Random } from '../../../src/std/random.ts';
import { dumpLines } from '../dump-lines.ts';
import { dumpWithPromtool } from '../prometheus-process.ts';
import { type ReceivingPrometheus, type SentRow, startReceiver } from './receiving-prometheus.ts';

/** What became of a Prometheus' acknowledged samples after it was killed. */
export interface KilledRound {
  readonly acknowledged: number;
  readonly blocks: number;
  /** How many of them Narthex does not find in the directory, and how many Prometheus' own tool does not. */
  readonly lostByUs: number;
  readonly lostByThem: number;
}

const HOUR = 3_600_000;
const SERIES = 1500;
const WINDOW_MS = 24 * HOUR;
/** It looks for something to compact each second. */
const FLAGS = ['--storage.tsdb.block-reload-interval=1s'];

/**
 * Kills a Prometheus with SIGKILL while it takes out-of-order samples and compacts them, and counts which of the samples
 * that it acknowledged are found in what it left.
 *
 *     NARTHEX_PEERS=... node test/tsdb/out-of-order/prometheus-killed.ts [rounds] [seed]
 */
export async function killPrometheus(prometheus: string, promtool: string, seed: number): Promise<KilledRound> {
  const root = mkdtempSync(`${tmpdir()}/narthex-killed-`);
  try {
    const directory = `${root}/data`;
    const receiver = await startReceiver(prometheus, directory, WINDOW_MS, FLAGS);
    const acknowledged = await sendUntilKilled(receiver, createRandom(seed));
    cpSync(directory, `${root}/theirs`, { recursive: true });
    const ours = new Set(await dumpLines(directory));
    const theirs = new Set(dumpWithPromtool(promtool, `${root}/theirs`));
    return {
      acknowledged: acknowledged.length,
      blocks: readdirSync(directory).filter((name) => name.length === 26).length,
      lostByUs: acknowledged.filter((line) => !ours.has(line)).length,
      lostByThem: acknowledged.filter((line) => !theirs.has(line)).length,
    };
  } finally {
    rmSync(root, { recursive: true, force: true });
  }
}

/** Returns the lines that a dump must have. */
async function sendUntilKilled(receiver: ReceivingPrometheus, random: Random): Promise<string[]> {
  const lines: string[] = [];
  const newest = Math.floor(Date.now() / HOUR) * HOUR;
  const send = async (rows: readonly SentRow[]): Promise<void> => {
    await receiver.send(rows);
    for (const { s, time, value } of rows) lines.push(`{__name__="theirs", s="${s}"} ${value} ${time}`);
  };
  try {
    await send([{ s: 'clock', time: newest - 6 * HOUR, value: 0 }]);
    let moment = 0;
    const sendLate = async (): Promise<void> => {
      const time = newest - 8 * HOUR - ((++moment * 37) % 997) * 10_000;
      await send(Array.from({ length: SERIES }, (_, s) => ({ s: String(s), time, value: moment + s / 4096 })));
    };
    for (let i = 0; i < 10; i++) await sendLate();
    // Now the head spans three hours and more: within a second it is compacted, then the late samples are.
    await send([{ s: 'clock', time: newest - 2 * HOUR, value: 1 }]);
    const end = Date.now() + 300 + random.below(1700);
    const killed = sleep(end - Date.now()).then(() => receiver.kill());
    // What is not acknowledged any more fails.
    for (;;) {
      const sent = await Promise.race([
        sendLate()
          .then(() => true)
          .catch(() => false),
        killed.then(() => false),
      ]);
      if (!sent) break;
    }
    await killed;
  } finally {
    await receiver.kill();
  }
  return lines;
}

if (process.argv[1] === import.meta.filename) {
  const [rounds = '20', seed = String(Date.now() % 1_000_000)] = process.argv.slice(2);
  const prometheus = findProgram('prometheus');
  const promtool = findProgram('promtool');
  if (prometheus === null || promtool === null) throw new Error('There is no prometheus and promtool');
  for (let round = 1; round <= Number(rounds); round++) {
    const { acknowledged, blocks, lostByThem, lostByUs } = await killPrometheus(
      prometheus,
      promtool,
      Number(seed) + round,
    );
    console.log(
      `round ${round}: ${acknowledged} acknowledged, ${blocks} blocks; not found by us ${lostByUs}, by Prometheus ${lostByThem}`,
    );
  }
}
