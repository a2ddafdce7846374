import { describe, expect, it } from 'vitest';
import type { Fault } from '../../src/std/memory-faults.ts';
import { type LateOutcome, runLateWorkload, samplesAfter } from './late-workload.ts';

/** Every call of the undisturbed workload that changes something. */
async function operations() {
  const { disk } = await runLateWorkload(() => {});
  return disk.operations.filter(({ name }) => CHANGING.includes(name));
}

const CHANGING = ['write', 'truncate', 'sync', 'sync directory', 'rename', 'remove', 'create directory'];

function check(found: ReadonlyMap<string, number>, outcome: LateOutcome, needed: ReadonlyMap<string, number>): void {
  const missing = [...needed].filter(([key, value]) => found.get(key) !== value);
  const invented = [...found].filter(([key, value]) => outcome.attempted.get(key) !== value);
  expect({ missing, invented }).toEqual({ missing: [], invented: [] });
}

describe('out-of-order samples, their log and their compaction', () => {
  it('keep every acknowledged sample when the process dies at any call, and invent none', async () => {
    let deaths = 0;
    for (const { call, name, size } of await operations()) {
      const written = name === 'write' ? [0, size >> 1, size][call % 3]! : 0;
      const outcome = await runLateWorkload((disk) => disk.failAt(call, { kind: 'death', written }));
      expect(outcome.died).toBe(true);
      deaths++;
      check(await samplesAfter(outcome.disk.afterProcessDeath()), outcome, outcome.acknowledged);
    }
    expect(deaths).toBeGreaterThan(100);
  }, 600_000);

  it('keep what the last completed sync covers when the power goes at any call, and invent none', async () => {
    let lost = 0;
    for (const { call, size } of await operations()) {
      const outcome = await runLateWorkload((disk) => disk.failAt(call, { kind: 'death', written: size }));
      const found = await samplesAfter(outcome.disk.afterPowerCut(call));
      check(found, outcome, outcome.durable);
      lost += [...outcome.acknowledged.keys()].filter((key) => !found.has(key)).length;
    }
    // The simulation would prove nothing if it never lost an unsynced sample.
    expect(lost).toBeGreaterThan(300);
  }, 600_000);

  it('refuse a commit whole where a call fails, and keep every acknowledged sample', async () => {
    const faults: Fault[] = [
      { kind: 'error', code: 'ENOSPC' },
      { kind: 'error', code: 'EIO' },
      { kind: 'short', written: 100 },
    ];
    let refused = 0;
    for (const { call } of await operations()) {
      const fault = faults[call % faults.length]!;
      const outcome = await runLateWorkload((disk) => disk.failAt(call, fault)).catch(() => null);
      // The database could not be opened.
      if (outcome === null) continue;
      refused += outcome.refused.size;
      const found = await samplesAfter(outcome.disk.afterProcessDeath());
      check(found, outcome, outcome.acknowledged);
      expect([...outcome.refused.keys()].filter((key) => found.has(key))).toEqual([]);
    }
    expect(refused).toBeGreaterThan(100);
  }, 600_000);
});
