import { describe, expect, it } from 'vitest';
import { type LateOutcome, runLateWorkload, samplesAfter } from './late-workload.ts';

const FORMS = { xor2: true, histogramStartTimes: true, loggedStartTimes: true };
/** A number that is no period of the workload; 1 takes a minute. */
const STRIDE = Number(process.env['NARTHEX_CRASH_STRIDE'] ?? 11);
const OFFSET = Number(process.env['NARTHEX_CRASH_OFFSET'] ?? 0);
const CHANGING = ['write', 'truncate', 'sync', 'sync directory', 'rename', 'remove', 'create directory'];

/** Some calls of the undisturbed workload that change something: all of them are disturbed without start times. */
async function operations() {
  const { disk } = await runLateWorkload(() => {}, FORMS);
  return disk.operations.filter(({ name }) => CHANGING.includes(name)).filter((_, i) => i % STRIDE === OFFSET % STRIDE);
}

function check(found: ReadonlyMap<string, number>, outcome: LateOutcome, needed: ReadonlyMap<string, number>): void {
  const missing = [...needed].filter(([key, value]) => found.get(key) !== value);
  const invented = [...found].filter(([key, value]) => outcome.attempted.get(key) !== value);
  expect({ missing, invented }).toEqual({ missing: [], invented: [] });
}

describe('samples with start times', () => {
  it('keep them when the process dies, the power goes, or a call fails', async () => {
    let checked = 0;
    let refused = 0;
    for (const { call, name, size } of await operations()) {
      const written = name === 'write' ? [0, size >> 1, size][call % 3]! : 0;
      const died = await runLateWorkload((disk) => disk.failAt(call, { kind: 'death', written }), FORMS);
      check(await samplesAfter(died.disk.afterProcessDeath(), FORMS), died, died.acknowledged);

      const cut = await runLateWorkload((disk) => disk.failAt(call, { kind: 'death', written: size }), FORMS);
      check(await samplesAfter(cut.disk.afterPowerCut(call), FORMS), cut, cut.durable);

      const failed = await runLateWorkload((disk) => disk.failAt(call, { kind: 'error', code: 'ENOSPC' }), FORMS).catch(
        () => null,
      );
      if (failed !== null) {
        const found = await samplesAfter(failed.disk.afterProcessDeath(), FORMS);
        check(found, failed, failed.acknowledged);
        expect([...failed.refused.keys()].filter((key) => found.has(key))).toEqual([]);
        refused += failed.refused.size;
      }
      checked++;
    }
    expect(checked).toBeGreaterThan(10);
    expect(refused).toBeGreaterThan(3);
  }, 300_000);

  it('are there with their start times where nothing happens', async () => {
    const { acknowledged, disk } = await runLateWorkload(() => {}, FORMS);
    expect([...acknowledged.values()].filter((value) => value > 1_000_000).length).toBeGreaterThan(50);
    expect(await samplesAfter(disk.afterProcessDeath(), FORMS)).toEqual(acknowledged);
  });
});
