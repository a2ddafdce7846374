import { getHeapStatistics } from 'node:v8';
import { expect, test } from 'vitest';
import { ManualClock } from '../../std/manual-clock.ts';
import { IdleThread } from './idle-thread.ts';

const MIB = 2 ** 20;

test('a thread without work gives back what its queries have left behind', () => {
  const clock = new ManualClock();
  let tidied = 0;
  const idle = new IdleThread(clock, () => tidied++);
  idle.begin();
  idle.begin();
  const before = getHeapStatistics().external_memory;
  for (let i = 0; i < 40; i++) new Uint8Array(MIB).fill(1);
  idle.end();
  clock.advance(10_000);
  expect(tidied).toBe(0);
  idle.end();
  clock.advance(9000);
  // Another one comes before the time is over.
  idle.begin();
  clock.advance(10_000);
  expect(tidied).toBe(0);
  idle.end();
  clock.advance(10_000);
  expect(tidied).toBe(1);
  expect(getHeapStatistics().external_memory).toBeLessThan(before + 4 * MIB);
  clock.advance(200_000);
  expect(tidied).toBe(2);
});
