import { FileSystemError } from '../../src/std/file-system.ts';
import { ProcessDied } from '../../src/std/memory-faults.ts';
import { MemoryFiles } from '../../src/std/memory-files.ts';
import type { Database } from '../../src/tsdb/tsdb.ts';
import { appendAll, type Model, open, RANGE_MS, readAll } from '../tsdb/maintenance-support.ts';

const STEP_MS = 10_000;

/** What a database was told and what it answered. */
export interface Outcome {
  readonly disk: MemoryFiles;
  /** Every sample that was offered, and those that were taken. */
  readonly offered: Model;
  readonly acknowledged: Model;
  /** Those that a completed sync covers. */
  durable: Model;
  died: boolean;
  /** Compactions that failed. */
  failures: number;
}

/**
 * Some ranges of samples with compactions between them: blocks of the head, merged blocks, checkpoints of the log,
 * series that come and go. `prepare` plans the faults.
 */
export async function runMaintenance(prepare: (disk: MemoryFiles) => void): Promise<Outcome> {
  const disk = new MemoryFiles();
  const outcome: Outcome = {
    disk,
    offered: new Map(),
    acknowledged: new Map(),
    durable: new Map(),
    died: false,
    failures: 0,
  };
  prepare(disk);
  let database: Database | null = null;
  try {
    database = await openSmall(disk);
    await ingestAndCompact(database, outcome);
    await database.close();
  } catch (error) {
    outcome.died = error instanceof ProcessDied;
    if (!outcome.died && !(error instanceof FileSystemError)) throw error;
  }
  return outcome;
}

export function openSmall(disk: MemoryFiles): Promise<Database> {
  return open(disk, { maintenance: { blockMsMax: 3 * RANGE_MS } });
}

async function ingestAndCompact(database: Database, outcome: Outcome): Promise<void> {
  for (let time = 0; time < 6 * RANGE_MS; time += STEP_MS) {
    const generation = Math.floor(time / RANGE_MS);
    offer(database, ['always', `g${generation}-a`, `g${generation}-b`], time, outcome);
    if (time % RANGE_MS === RANGE_MS - STEP_MS) await rejects(() => database.sync(), outcome, true);
    if (time % RANGE_MS === RANGE_MS / 2) await rejects(() => database.compact(), outcome, false);
  }
}

function offer(database: Database, names: readonly string[], time: number, outcome: Outcome): void {
  try {
    add(outcome.offered, names, time);
    appendAll(database, names, time, outcome.acknowledged);
  } catch (error) {
    if (!isOfDisk(error)) throw error;
  }
}

function add(model: Model, names: readonly string[], time: number): void {
  for (const name of names) {
    const samples = model.get(name) ?? new Map<number, number>();
    samples.set(time, 0);
    model.set(name, samples);
  }
}

async function rejects(action: () => Promise<void>, outcome: Outcome, isSync: boolean): Promise<void> {
  const covered = structuredClone(outcome.acknowledged);
  try {
    await action();
    if (isSync) outcome.durable = covered;
  } catch (error) {
    if (!isOfDisk(error)) throw error;
    outcome.failures++;
  }
}

/** A fault of the disk, or that appends are stopped because of one. */
function isOfDisk(error: unknown): boolean {
  if (error instanceof ProcessDied) return false;
  return error instanceof FileSystemError || (error instanceof Error && error.name !== 'AssertionError');
}

/** What of `wanted` the database does not have, and what it has that was never offered, in words. */
export async function compare(database: Database, wanted: Model, offered: Model): Promise<string[]> {
  const found = await readAll(database);
  const faults: string[] = [];
  for (const [name, samples] of wanted) {
    for (const [time, value] of samples) {
      const got = found.get(name)?.get(time);
      if (got !== value) faults.push(`${name} at ${time} is ${got}`);
    }
  }
  for (const [name, samples] of found) {
    for (const time of samples.keys()) if (!offered.get(name)?.has(time)) faults.push(`${name} at ${time} is invented`);
  }
  return faults;
}
