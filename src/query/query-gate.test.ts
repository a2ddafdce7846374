import { describe, expect, test } from 'vitest';
import type { Clock } from '../std/clock.ts';
import { QueryGate } from './query-gate.ts';

/** Timers that run when told to. */
class HandClock implements Clock {
  readonly timers = new Set<() => void>();

  now(): number {
    return 0;
  }

  monotonic(): number {
    return 0;
  }

  after(_delayMs: number, action: () => void): () => void {
    this.timers.add(action);
    return () => this.timers.delete(action);
  }
}

const never = new AbortController().signal;

describe('QueryGate', () => {
  test('lets in as many as it may, then by turn, rules first', async () => {
    const gate = new QueryGate(1, new HandClock());
    const order: string[] = [];
    await gate.enter('interactive', 1000, never);
    const waiting = (['interactive', 'interactive', 'rule'] as const).map(async (priority, i) => {
      await gate.enter(priority, 1000, never);
      order.push(`${priority} ${i}`);
      gate.leave();
    });
    expect(order).toEqual([]);
    gate.leave();
    await Promise.all(waiting);
    expect(order).toEqual(['rule 2', 'interactive 0', 'interactive 1']);
    await gate.enter('interactive', 1000, never);
  });

  test('gives up waiting after the timeout, and leaves no timer behind', async () => {
    const clock = new HandClock();
    const gate = new QueryGate(1, clock);
    await gate.enter('interactive', 1000, never);
    const late = gate.enter('interactive', 1000, never);
    for (const timer of clock.timers) timer();
    await expect(late).rejects.toMatchObject({ kind: 'timeout', message: 'query timed out in query queue' });
    expect(clock.timers.size).toBe(0);
    gate.leave();
    await gate.enter('interactive', 1000, never);
  });

  test('gives up when asked to', async () => {
    const gate = new QueryGate(1, new HandClock());
    await gate.enter('interactive', 1000, never);
    const abort = new AbortController();
    const waiting = gate.enter('interactive', 1000, abort.signal);
    abort.abort();
    await expect(waiting).rejects.toMatchObject({ kind: 'canceled' });
    await expect(gate.enter('rule', 1000, AbortSignal.abort())).rejects.toMatchObject({ kind: 'canceled' });
  });
});
