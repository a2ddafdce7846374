import { describe, expect, it } from 'vitest';
import type { Fault } from '../../src/std/memory-faults.ts';
import type { MemoryFiles } from '../../src/std/memory-files.ts';
import { replay } from '../tsdb/wal-support.ts';
import { COMMITS, commitsIn, type Outcome, openWriter, recordsOf, runWorkload } from './wal-workload.ts';

/** Every call that the undisturbed workload makes. */
async function operations() {
  let prepared = 0;
  const { disk } = await runWorkload((fresh) => {
    prepared = fresh.operations.length;
  });
  return disk.operations.slice(prepared);
}

function without(all: readonly number[], some: readonly number[]): number[] {
  return all.filter((item) => !some.includes(item));
}

/** After a crash: a new process replays, writes on, and a third one finds both. */
function checkRestart(disk: MemoryFiles): void {
  const before = commitsIn(disk);
  const writer = openWriter(disk);
  writer.append(recordsOf(COMMITS + 1));
  const after = commitsIn(disk.afterProcessDeath());
  expect(after.whole).toEqual([...before.whole, COMMITS + 1]);
  expect(after.partial).toEqual(before.partial);
  expect(replay(disk).report.tornTail).toBeNull();
}

describe('a log whose process dies at any call', () => {
  it('keeps every acknowledged commit and invents nothing', async () => {
    for (const { call, size, name } of await operations()) {
      const shares = name === 'write' ? [0, 1, Math.floor(size / 2), size - 1, size] : [0];
      for (const written of shares) {
        const outcome = await runWorkload((disk) => disk.failAt(call, { kind: 'death', written }));
        expect(outcome.died).toBe(true);
        const disk = outcome.disk.afterProcessDeath();
        const { whole, partial } = commitsIn(disk);
        expect(without(outcome.acknowledged, whole)).toEqual([]);
        // Only the commit that was being written may be there unacknowledged, whole or in part.
        const inFlight = without(outcome.attempted, outcome.acknowledged);
        expect(without([...whole, ...partial], [...outcome.acknowledged, ...inFlight])).toEqual([]);
        checkRestart(disk);
      }
    }
  });
});

describe('a log whose host loses power at any call', () => {
  it('keeps what the last completed sync covers and invents nothing', async () => {
    let lost = 0;
    for (const { call, size } of await operations()) {
      const outcome = await runWorkload((disk) => disk.failAt(call, { kind: 'death', written: size }));
      for (let seed = 0; seed < 8; seed++) {
        const disk = outcome.disk.afterPowerCut(1000 * call + seed);
        const { whole, partial } = commitsIn(disk);
        expect(without(outcome.durable, whole)).toEqual([]);
        expect(without([...whole, ...partial], outcome.attempted)).toEqual([]);
        lost += without(outcome.acknowledged, whole).length;
        checkRestart(disk);
      }
    }
    // The simulation would prove nothing if it never lost an unsynced commit.
    expect(lost).toBeGreaterThan(100);
  });
});

describe('a log whose disk fails at any call', () => {
  /** Whatever failed: exactly the acknowledged commits are there, and the writer works again. */
  function check(outcome: Outcome): void {
    const disk = outcome.disk.afterProcessDeath();
    const { whole, partial } = commitsIn(disk);
    expect({ whole, partial }).toEqual({ whole: outcome.acknowledged, partial: [] });
    expect(replay(disk).report).toMatchObject({ damages: [], tornTail: null });
  }

  const faults: Fault[] = [
    { kind: 'error', code: 'ENOSPC' },
    { kind: 'error', code: 'EIO' },
    { kind: 'short', written: 0 },
    { kind: 'short', written: 30_000 },
  ];

  it('refuses the failing commit whole and takes the later ones', async () => {
    let refused = 0;
    for (const { call } of await operations()) {
      for (const fault of faults) {
        const outcome = await runWorkload((disk) => disk.failAt(call, fault));
        check(outcome);
        expect(outcome.refused.length).toBeLessThanOrEqual(1);
        refused += outcome.refused.length;
      }
    }
    expect(refused).toBeGreaterThan(COMMITS);
  });

  it('refuses it also where the refused bytes can not be cut off at once', async () => {
    for (const { call, name } of await operations()) {
      if (name !== 'write') continue;
      for (const failures of [1, 2, 3]) {
        // The write is short, then the truncation fails, then the overwriting with zeros (its size, its write).
        const outcome = await runWorkload((disk) => {
          disk.failAt(call, { kind: 'short', written: 30_000 });
          for (let i = 1; i <= failures; i++) disk.failAt(call + i, { kind: 'error', code: 'EIO' });
        });
        check(outcome);
      }
    }
  });

  it('refuses commits while the disk is full and takes them when there is room again', async () => {
    const { disk } = await runWorkload(() => {});
    const writer = openWriter(disk);
    disk.capacity = 0;
    for (let i = 0; i < 3; i++) expect(() => writer.append(recordsOf(COMMITS + 1))).toThrow('no space left');
    disk.capacity = Number.POSITIVE_INFINITY;
    writer.append(recordsOf(COMMITS + 2));
    const found = commitsIn(disk).whole;
    expect(found.at(-1)).toBe(COMMITS + 2);
    expect(found).not.toContain(COMMITS + 1);
    expect(writer.counters).toMatchObject({ failedWrites: 3, batches: 1 });
  });
});
