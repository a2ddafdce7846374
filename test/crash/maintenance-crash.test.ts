import { describe, expect, it } from 'vitest';
import type { MemoryFiles } from '../../src/std/memory-files.ts';
import { type Finding, Findings } from '../../src/tsdb/verify/findings.ts';
import { verifyDirectory } from '../../src/tsdb/verify/verify-directory.ts';
import { appendAll, DATA, leftovers, type Model, RANGE_MS } from '../tsdb/maintenance-support.ts';
import { compare, type Outcome, openSmall, runMaintenance } from './maintenance-workload.ts';

/** Every so many-th call is tried, each time another one of them: all of them with 1, or with each offset in turn. */
const STRIDE = Number(process.env['NARTHEX_CRASH_STRIDE'] ?? 29);
const OFFSET = Number(process.env['NARTHEX_CRASH_OFFSET'] ?? 0);
const TIMEOUT_MS = 60_000 + 3_600_000 / STRIDE;

async function undisturbed() {
  const { disk } = await runMaintenance(() => {});
  return disk.operations;
}

/** The next process finds what must be there, goes on, compacts, and a third one finds all of that. */
async function checkRestart(disk: MemoryFiles, wanted: Model, offered: Model): Promise<void> {
  const database = await openSmall(disk);
  expect(await compare(database, wanted, offered)).toEqual([]);
  const more: Model = structuredClone(wanted);
  const all: Model = structuredClone(offered);
  for (let time = 8 * RANGE_MS; time < 10 * RANGE_MS; time += 30_000) {
    appendAll(database, ['later'], time, more);
    all.set('later', new Map(more.get('later')));
  }
  await database.compact();
  expect(await compare(database, more, all)).toEqual([]);
  expect(leftovers(disk)).toEqual([]);
  expect(faultsOf(disk)).toEqual([]);
  const third = await openSmall(disk.afterProcessDeath());
  expect(await compare(third, more, all)).toEqual([]);
  await third.close();
}

/** What `narthex tsdb verify` says of the disk; the torn end of a log is no fault. */
function faultsOf(disk: MemoryFiles): Finding[] {
  if (disk.statSync(DATA) === null) return [];
  const found: Finding[] = [];
  const findings = new Findings((finding) => {
    if (finding.kind === 'fault') found.push(finding);
  });
  verifyDirectory(disk, DATA, findings, () => {});
  return found;
}

describe('a database whose process dies at any call', () => {
  it('keeps every acknowledged sample, repeats none and invents none', { timeout: TIMEOUT_MS }, async () => {
    const calls = await undisturbed();
    expect(calls.filter(({ name }) => name === 'rename').length).toBeGreaterThan(8);
    let tried = 0;
    for (let i = OFFSET % STRIDE; i < calls.length; i += STRIDE) {
      const { call, name, size } = calls[i]!;
      const written = name === 'write' ? Math.floor(size / 2) : 0;
      const outcome: Outcome = await runMaintenance((disk) => disk.failAt(call, { kind: 'death', written }));
      // It is the last call that reaches the disk, whatever becomes of the error.
      expect(outcome.disk.operations.at(-1)!.call).toBe(call);
      expect(faultsOf(outcome.disk.afterProcessDeath())).toEqual([]);
      await checkRestart(outcome.disk.afterProcessDeath(), outcome.acknowledged, outcome.offered);
      tried++;
    }
    expect(tried).toBeGreaterThan(500 / STRIDE);
  });
});

describe('a database whose host loses power at any call', () => {
  it('keeps what the last completed sync covers and invents nothing', { timeout: TIMEOUT_MS }, async () => {
    const calls = await undisturbed();
    for (let i = (OFFSET + 3) % STRIDE; i < calls.length; i += STRIDE) {
      const { call, size } = calls[i]!;
      const outcome = await runMaintenance((disk) => disk.failAt(call, { kind: 'death', written: size }));
      await checkRestart(outcome.disk.afterPowerCut(call), outcome.durable, outcome.offered);
    }
  });
});

describe('a database whose disk fails at any call', () => {
  it('refuses or tries again, and keeps every acknowledged sample', { timeout: TIMEOUT_MS }, async () => {
    const calls = await undisturbed();
    let failures = 0;
    for (let i = (OFFSET + 5) % STRIDE; i < calls.length; i += STRIDE) {
      const code = i % 2 === 0 ? 'EIO' : 'ENOSPC';
      const outcome = await runMaintenance((disk) => disk.failAt(calls[i]!.call, { kind: 'error', code }));
      failures += outcome.failures;
      expect(faultsOf(outcome.disk.afterProcessDeath())).toEqual([]);
      await checkRestart(outcome.disk.afterProcessDeath(), outcome.acknowledged, outcome.offered);
    }
    expect(failures).toBeGreaterThan(100 / STRIDE);
  });
});
