import { describe, expect, it } from 'vitest';
import { ManualClock } from '../../std/manual-clock.ts';
import { IdleThread } from './idle-thread.ts';

const MIB = 2 ** 20;

/** A thread whose queries use so much at most and leave so much behind, of which `kept` is needed, MiB. */
function thread(kept: number) {
  const clock = new ManualClock();
  const memory = { used: kept * MIB, peak: 0, given: 0 };
  let tidied = 0;
  const idle = new IdleThread(
    clock,
    {
      used: () => memory.used,
      takePeak: () => {
        const { peak } = memory;
        memory.peak = 0;
        return peak;
      },
      giveBack: () => {
        memory.used = kept * MIB;
        memory.given++;
      },
    },
    () => tidied++,
  );
  const query = (most: number, left: number) => {
    idle.begin();
    memory.peak = Math.max(memory.peak, most * MIB);
    memory.used = Math.max(memory.used, left * MIB);
    idle.end();
  };
  return { clock, idle, query, given: () => memory.given, tidied: () => tidied };
}

describe('a thread without work', () => {
  it('gives back what its queries have left behind, and once more later', () => {
    const { clock, given, query, tidied } = thread(20);
    query(1000, 1000);
    clock.advance(9_999);
    expect([tidied(), given()]).toEqual([0, 0]);
    clock.advance(1);
    expect([tidied(), given()]).toEqual([1, 1]);
    clock.advance(15_000);
    expect(given()).toBe(2);
    clock.advance(1_000_000);
    expect([tidied(), given()]).toEqual([1, 2]);
  });

  it('gives back the pages of what was collected while the query ran', () => {
    const { clock, given, query } = thread(20);
    query(1000, 1000);
    clock.advance(100_000);
    query(1000, 20);
    clock.advance(100_000);
    expect(given()).toBe(4);
  });

  it('leaves the memory alone that small queries use', () => {
    const { clock, given, query, tidied } = thread(40);
    query(50, 50);
    clock.advance(12_000);
    expect(given()).toBe(1);
    for (let i = 0; i < 10; i++) {
      query(60, 60);
      clock.advance(i < 5 ? 12_000 : 100_000);
    }
    expect([tidied(), given()]).toEqual([11, 1]);
  });

  it('waits until all of its queries are over, and a new one puts it off', () => {
    const { clock, given, idle, query } = thread(20);
    idle.begin();
    query(1000, 1000);
    clock.advance(100_000);
    expect(given()).toBe(0);
    idle.end();
    clock.advance(9_000);
    query(30, 30);
    clock.advance(9_000);
    expect(given()).toBe(0);
    clock.advance(1_000);
    expect(given()).toBe(1);
    query(30, 30);
    clock.advance(9_000);
    expect(given()).toBe(1);
  });
});
