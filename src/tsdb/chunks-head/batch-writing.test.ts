import { setImmediate } from 'node:timers/promises';
import { expect, test } from 'vitest';
import { Epochs } from '../../memory/epochs.ts';
import { ManualClock } from '../../std/manual-clock.ts';
import { silentLog } from '../../telemetry/log.ts';
import { BatchWriting } from './batch-writing.ts';

function writing(options: { waiting: number; fails?: () => boolean }) {
  const clock = new ManualClock();
  const warnings: string[] = [];
  const state = { waiting: options.waiting, clock, warnings };
  const batches = new BatchWriting({
    epochs: new Epochs(() => {}),
    clock,
    log: { ...silentLog, warn: (message) => void warnings.push(message) },
    failedText: 'Cannot write',
    waits: () => state.waiting > 0,
    writeBatch: async () => {
      await setImmediate();
      if (options.fails?.() === true) throw new Error('disk');
      state.waiting--;
    },
  });
  return { batches, state };
}

async function second(clock: ManualClock): Promise<void> {
  clock.advance(1000);
  for (let i = 0; i < 10; i++) await setImmediate();
}

test('what waits is written batch by batch each second, until it is closed', async () => {
  const { batches, state } = writing({ waiting: 3 });
  batches.start();
  await second(state.clock);
  expect(state.waiting).toBe(0);
  state.waiting = 2;
  await batches.close();
  expect(state.waiting).toBe(0);
  state.waiting = 1;
  await second(state.clock);
  expect(state.waiting).toBe(1);
});

test('a hold lets the running batch end and keeps the others waiting', async () => {
  const { batches, state } = writing({ waiting: 3 });
  void batches.flush();
  const release = await batches.hold();
  expect(state.waiting).toBe(2);
  await batches.flush();
  expect(state.waiting).toBe(2);
  release();
  await batches.flush();
  expect(state.waiting).toBe(0);
});

test('failures are counted and told each, and logged once until a batch is written again', async () => {
  let isBroken = true;
  const { batches, state } = writing({ waiting: 2, fails: () => isBroken });
  const told: unknown[] = [];
  batches.onFailure((error) => told.push(error));
  await batches.flush();
  await batches.flush();
  expect(state).toMatchObject({ waiting: 2, warnings: ['Cannot write'] });
  isBroken = false;
  await batches.flush();
  expect(state.waiting).toBe(0);
  isBroken = true;
  state.waiting = 1;
  await batches.flush();
  expect(state.warnings).toHaveLength(2);
  expect(batches.failures).toBe(3);
  expect(told).toEqual([new Error('disk'), new Error('disk'), new Error('disk')]);
});
