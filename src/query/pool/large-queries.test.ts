import { describe, expect, test } from 'vitest';
import { ManualClock } from '../../std/manual-clock.ts';
import { LargeQueries } from './large-queries.ts';

const MIB = 2 ** 20;
const wanted = () => true;

/** Lets everything go on that does not wait for the clock. */
async function settle(): Promise<void> {
  for (let i = 0; i < 10; i++) await Promise.resolve();
}

describe('LargeQueries', () => {
  test('small queries never wait, of large ones one goes on at a time, in the order in which they came', async () => {
    const queries = new LargeQueries(new ManualClock());
    expect(queries.mayGoOn(0, 20 * MIB)).toBe(true);
    expect(queries.mayGoOn(0, 40 * MIB)).toBe(true);
    expect(queries.mayGoOn(1, MIB)).toBe(true);
    expect(queries.mayGoOn(2, 20 * MIB)).toBe(false);
    const order: number[] = [];
    for (const slot of [2, 3]) void queries.turn(slot, wanted).then(() => order.push(slot));
    await settle();
    expect(order).toEqual([]);
    queries.done(1);
    await settle();
    expect(order).toEqual([]);
    queries.done(0);
    await settle();
    expect(order).toEqual([2]);
    expect(queries.mayGoOn(2, 60 * MIB)).toBe(true);
    // The one that waits comes first.
    expect(queries.mayGoOn(4, 20 * MIB)).toBe(false);
    queries.done(2);
    await settle();
    expect(order).toEqual([2, 3]);
  });

  test('who is not wanted any more does not wait on, and leaves its place to the next', async () => {
    const clock = new ManualClock();
    const queries = new LargeQueries(clock);
    queries.mayGoOn(0, 20 * MIB);
    let isWanted = true;
    let ended = 0;
    void queries.turn(1, () => isWanted).then(() => ended++);
    void queries.turn(2, wanted).then(() => ended++);
    isWanted = false;
    clock.advance(100);
    await settle();
    expect(ended).toBe(1);
    queries.done(1);
    await settle();
    expect(ended).toBe(1);
    queries.done(0);
    await settle();
    expect(ended).toBe(2);
  });

  test('nobody waits for ever for one that takes long', async () => {
    const clock = new ManualClock();
    const queries = new LargeQueries(clock);
    queries.mayGoOn(0, 20 * MIB);
    let ended = false;
    void queries.turn(1, wanted).then(() => {
      ended = true;
    });
    for (let i = 0; i < 499; i++) {
      clock.advance(20);
      await settle();
    }
    expect(ended).toBe(false);
    clock.advance(20);
    await settle();
    expect(ended).toBe(true);
    expect(queries.mayGoOn(1, 50 * MIB)).toBe(true);
  });
});
