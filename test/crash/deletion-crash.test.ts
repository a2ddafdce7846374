import { describe, expect, it } from 'vitest';
import type { Fault } from '../../src/std/memory-faults.ts';
import { MemoryFiles } from '../../src/std/memory-files.ts';
import type { Database } from '../../src/tsdb/tsdb.ts';
import { appendAll, type Model, open, RANGE_MS, readAll, valueAt } from '../tsdb/maintenance-support.ts';

/**
 * Ingest, late samples, deletions, compaction, cleaning and snapshots on a disk that dies or fails at a call: what was
 * acknowledged is there, what was deleted stays deleted, and nothing is invented.
 */
const STEP_MS = 6000;
const SERIES = ['a', 'bb', 'ccc'];
const WINDOW = { outOfOrderMs: 20 * RANGE_MS };

/** What a disk must show: of samples under way, either. */
interface Expected {
  readonly stored: Model;
  /** `name time`. */
  readonly uncertain: Set<string>;
}

async function workload(disk: MemoryFiles, expected: Expected): Promise<void> {
  const database = await open(disk, WINDOW);
  for (let range = 0; range < 5; range++) {
    const start = range * RANGE_MS;
    for (let time = start; time < start + RANGE_MS; time += STEP_MS) await append(database, SERIES, time, expected);
    if (range > 0) {
      await append(database, ['a'], start - 3 * STEP_MS - 1, expected);
      await erase(database, 'bb', start - 0.7 * RANGE_MS, start + 0.2 * RANGE_MS, expected);
      await append(database, ['bb'], start - 0.3 * RANGE_MS + 7, expected);
    }
    if (range === 2) await erase(database, 'ccc', 0, start, expected);
    await database.compact().catch(ignoreFaults);
    if (range === 3) await database.cleanTombstones().catch(ignoreFaults);
    if (range === 4) await database.snapshot({ skipsHead: false }).catch(ignoreFaults);
  }
  await database.close();
}

async function append(database: Database, names: readonly string[], time: number, expected: Expected): Promise<void> {
  const keys = names.map((name) => `${name} ${time}`);
  for (const key of keys) expected.uncertain.add(key);
  try {
    appendAll(database, names, time, new Map());
  } catch (error) {
    ignoreFaults(error);
    // Refused whole: it will not come.
    for (const key of keys) expected.uncertain.delete(key);
    return;
  }
  for (const name of names) {
    expected.uncertain.delete(`${name} ${time}`);
    const samples = expected.stored.get(name) ?? new Map<number, number>();
    expected.stored.set(name, samples.set(time, valueAt(name, time)));
  }
}

async function erase(database: Database, name: string, minTime: number, maxTime: number, expected: Expected) {
  const samples = expected.stored.get(name) ?? new Map<number, number>();
  const concerned = [...samples.keys()].filter((time) => time >= minTime && time <= maxTime);
  for (const time of concerned) expected.uncertain.add(`${name} ${time}`);
  const matcher = { type: '=', name: 'name', value: name } as const;
  try {
    await database.delete([[matcher]], { minTime, maxTime });
  } catch (error) {
    // A part may be deleted.
    return ignoreFaults(error);
  }
  for (const time of concerned) {
    samples.delete(time);
    expected.uncertain.delete(`${name} ${time}`);
  }
}

/** Whatever a step that a fault ended says; the death of the process ends the workload. */
function ignoreFaults(error: unknown): void {
  if ((error as Error).name === 'ProcessDied') throw error;
}

function check(found: Model, { stored, uncertain }: Expected, where: string): void {
  const wrong: string[] = [];
  for (const [name, samples] of stored) {
    for (const [time, value] of samples) {
      const shown = found.get(name)?.get(time);
      if (shown !== value && !(shown === undefined && uncertain.has(`${name} ${time}`)))
        wrong.push(`lost ${name} ${time}`);
    }
  }
  for (const [name, samples] of found) {
    for (const time of samples.keys()) {
      if (!stored.get(name)?.has(time) && !uncertain.has(`${name} ${time}`)) wrong.push(`not deleted ${name} ${time}`);
    }
  }
  expect(wrong, where).toEqual([]);
}

async function run(call: number | null, fault: Fault): Promise<{ disk: MemoryFiles; expected: Expected }> {
  const disk = new MemoryFiles();
  const expected: Expected = { stored: new Map(), uncertain: new Set() };
  if (call !== null) disk.failAt(call, fault);
  try {
    await workload(disk, expected);
  } catch (error) {
    if (call === null) throw error;
  }
  return { disk, expected };
}

/** As in the other crash tests; here so many calls are left out that 36 are tried where nothing is said. */
const STRIDE = process.env['NARTHEX_CRASH_STRIDE'] === undefined ? null : Number(process.env['NARTHEX_CRASH_STRIDE']);
const OFFSET = Number(process.env['NARTHEX_CRASH_OFFSET'] ?? 0);

describe('deletions on a disk that dies or fails', () => {
  const kinds: readonly Fault[] = [
    { kind: 'death', written: 5 },
    { kind: 'error', code: 'EIO' },
  ];
  it.each(kinds)('stay, and keep what is not deleted, whatever call it is ($kind)', async (fault) => {
    const whole = await run(null, fault);
    check(await readAll(await open(whole.disk.afterProcessDeath(), WINDOW)), whole.expected, 'without a fault');
    const calls = whole.disk.operations.filter(({ name }) => !['read', 'inspect', 'list', 'lock'].includes(name));
    expect(calls.length).toBeGreaterThan(500);
    const stride = STRIDE ?? Math.ceil(calls.length / 36);
    for (let i = (OFFSET + (fault.kind === 'death' ? 0 : 1)) % stride; i < calls.length; i += stride) {
      const { call, name, path } = calls[i]!;
      const { disk, expected } = await run(call, fault);
      const database = await open(disk.afterProcessDeath(), WINDOW);
      check(await readAll(database), expected, `${fault.kind} at ${call}: ${name} ${path}`);
      await database.close();
    }
  });
});
