import { setImmediate } from 'node:timers/promises';
import { ManualClock } from '../../src/std/manual-clock.ts';
import { ProcessDied } from '../../src/std/memory-faults.ts';
import { MemoryFiles } from '../../src/std/memory-files.ts';
import { PLAIN_FORMS, type SampleForms } from '../../src/tsdb/chunk/sample-forms.ts';
import type { Database } from '../../src/tsdb/tsdb.ts';
import { addRows, type LateRow, openLate, readSamples, valueWithStart } from '../tsdb/out-of-order/late-support.ts';

/** What a database was told and what it answered. Samples are named `series time`. */
export interface LateOutcome {
  readonly disk: MemoryFiles;
  readonly forms: SampleForms;
  /** Every sample that was ever handed over, with its value. */
  readonly attempted: Map<string, number>;
  readonly acknowledged: Map<string, number>;
  readonly refused: Map<string, number>;
  /** Acknowledged samples that a completed sync covers. */
  durable: Map<string, number>;
  died: boolean;
}

const COMMITS = 21;

/**
 * Late and other samples of old and new series; each sample has a time of its own in its series. Chunks of one series are
 * full just at the end of a commit, of the others in the middle.
 */
function rowsOf(commit: number, { loggedStartTimes }: SampleForms): LateRow[] {
  const rows = plainRowsOf(commit);
  if (!loggedStartTimes) return rows;
  return rows.map(([series, time, value], i) => [series, time, value, (commit + i) % 4]);
}

function plainRowsOf(commit: number): LateRow[] {
  const rows: LateRow[] = [['clock', 10_000 + commit, commit]];
  for (let i = 0; i < 25; i++) {
    const time = ((commit * 25 + i) * 5077) % 1999;
    const series = i < 8 ? 0 : 1 + (i % 2);
    rows.push([`s${series}`, time, commit + i / 100]);
  }
  // A series whose first sample is late.
  if (commit % 6 === 2) rows.push([`new${commit}`, 100 + commit, commit]);
  return rows;
}

/**
 * Commits, syncs, chunks that go to files, and compactions with more commits meanwhile, then a close. `prepare` plans the faults; an environment's
 * error refuses a commit, `ProcessDied` ends everything.
 */
export async function runLateWorkload(
  prepare: (disk: MemoryFiles) => void,
  forms: SampleForms = PLAIN_FORMS,
): Promise<LateOutcome> {
  const disk = new MemoryFiles();
  const outcome: LateOutcome = {
    disk,
    forms,
    attempted: new Map(),
    acknowledged: new Map(),
    refused: new Map(),
    durable: new Map(),
    died: false,
  };
  prepare(disk);
  try {
    const clock = new ManualClock();
    const database = await openLate(disk, { walSegmentSize: 32 * 1024, clock, forms });
    for (let commit = 0; commit < COMMITS; commit++) {
      append(database, commit, outcome);
      if (commit % 4 === 3) await quietly(disk, () => writeChunks(clock));
      if (commit % 5 === 4) await sync(database, outcome);
      if (commit === 5) await quietly(disk, () => database.compactOutOfOrder());
      if (commit === 11) {
        const running = quietly(disk, () => database.compactOutOfOrder());
        running.catch(() => {});
        append(database, ++commit, outcome);
        append(database, ++commit, outcome);
        await running;
      }
    }
    await quietly(disk, () => database.close());
  } catch (error) {
    if (!(error instanceof ProcessDied)) throw error;
    outcome.died = true;
  }
  return outcome;
}

/** Sealed chunks go to files, which is done once a second. */
async function writeChunks(clock: ManualClock): Promise<void> {
  clock.advance(1000);
  for (let turns = 0; turns < 5; turns++) await setImmediate();
}

function append(database: Database, commit: number, outcome: LateOutcome): void {
  const rows = rowsOf(commit, outcome.forms);
  const told = rows.map(
    ([series, time, value, start = 0]) => [`${series} ${time}`, valueWithStart(value, start)] as const,
  );
  for (const [sample, value] of told) outcome.attempted.set(sample, value);
  let into = outcome.refused;
  try {
    addRows(database, rows);
    into = outcome.acknowledged;
  } catch (error) {
    if (error instanceof ProcessDied) throw error;
  }
  for (const [sample, value] of told) into.set(sample, value);
}

async function sync(database: Database, outcome: LateOutcome): Promise<void> {
  const covered = new Map(outcome.acknowledged);
  await quietly(outcome.disk, async () => {
    await database.sync();
    outcome.durable = covered;
  });
}

/** Errors of the environment may end an action; the death of the process ends everything, also where it was caught. */
async function quietly(disk: MemoryFiles, action: () => Promise<unknown>): Promise<void> {
  try {
    await action();
  } catch (error) {
    if (error instanceof ProcessDied) throw error;
  }
  disk.statSync('data');
}

/** What is in a directory after a crash, and after further work on it; throws where that work lost or invented anything. */
export async function samplesAfter(disk: MemoryFiles, forms: SampleForms = PLAIN_FORMS): Promise<Map<string, number>> {
  const database = await openLate(disk, { walSegmentSize: 32 * 1024, forms });
  const found = await readSamples(database);
  addRows(database, [
    ['clock', 20_000, 1],
    ['after', 20_000, 2],
    ['s1', 1999, 3],
  ]);
  await database.compactOutOfOrder();
  addRows(database, [['s2', 1999, 4]]);
  const expected = new Map([...found, ['clock 20000', 1], ['after 20000', 2], ['s1 1999', 3], ['s2 1999', 4]]);
  const again = await readSamples(await openLate(disk.afterProcessDeath(), { forms }));
  assertSame(again, expected);
  return found;
}

function assertSame(found: ReadonlyMap<string, number>, expected: ReadonlyMap<string, number>): void {
  for (const [key, value] of expected) {
    if (found.get(key) !== value) throw new Error(`${key} is ${found.get(key)}, not ${value}`);
  }
  for (const key of found.keys()) if (!expected.has(key)) throw new Error(`${key} was invented`);
}
