import { expect, test } from 'vitest';
import { type Labels, labelsFromObject } from '../../model/labels.ts';
import { systemClock } from '../../std/clock.ts';
import { QueryBudget } from './budget.ts';
import { TooMuchWork } from './too-much-work.ts';

/** A budget whose query may go on for 20 ms, and what moves its clock. */
function budgetAt(spentMax?: number) {
  let now = 0;
  const budget = new QueryBudget({
    samplesMax: 1000,
    bytesMax: 1000,
    timeoutMs: 60_000,
    clock: { ...systemClock, monotonic: () => now },
    signal: { aborted: false, reason: undefined },
    pause: () => Promise.resolve(),
    pauseAfterMs: 20,
    ...(spentMax === undefined ? {} : { spentMax }),
  });
  const wait = (ms: number) => {
    now += ms;
  };
  return { budget, wait };
}

test('a query that went on for too long gives way', async () => {
  const { budget, wait } = budgetAt();
  wait(20);
  budget.check();
  expect(budget.pauseDue).toBe(false);
  wait(1);
  budget.check();
  expect(budget.pauseDue).toBe(true);
  await budget.pause();
  expect(budget.pauseDue).toBe(false);
});

test('a query with a limit on its work ends where it should give way', () => {
  const { budget, wait } = budgetAt(1_000_000);
  wait(20);
  budget.check();
  wait(1);
  expect(() => budget.check()).toThrow(new TooMuchWork('20 ms', true));
  expect(budget.pauseDue).toBe(false);
});

test('a query with a limit on its work ends beyond it', () => {
  const { budget } = budgetAt(50_000);
  budget.spend(50_000);
  expect(() => budget.spend(20_000)).toThrow(new TooMuchWork('70000 samples and steps', false));
});

test('what is given back is not counted any more, but was taken', () => {
  const { budget } = budgetAt();
  budget.takeBytes(900);
  expect(() => budget.takeBytes(101)).toThrow(/it has 900 bytes and asks for 101 more, the limit is 1000 bytes/);
  budget.giveBack(500);
  budget.takeBytes(101);
  expect([budget.bytes, budget.bytesPeak, budget.bytesTaken]).toEqual([501, 900, 1001]);
});

test('QueryBudget counts long texts of a label set once for each time that it was read', () => {
  const { budget } = budgetAt();
  const read = (text: string) => {
    const before = budget.bytes;
    budget.takeReadLabels(labels(text));
    const bytes = budget.bytes - before;
    budget.giveBack(bytes);
    return bytes;
  };
  const sets = new Map<string, Labels>();
  let labels = (text: string) => labelsFromObject({ a: text });
  expect(read('x'.repeat(128))).toBe(read('y'));
  expect(read('x'.repeat(200)) - read('y')).toBe(224);
  expect(read('x'.repeat(200)) - read('y')).toBe(224);
  // The very same label set has the very same texts.
  labels = (text) => {
    if (!sets.has(text)) sets.set(text, labelsFromObject({ a: text }));
    return sets.get(text)!;
  };
  expect(read('x'.repeat(200)) - read('x'.repeat(200))).toBe(224);
});

test('looks after a few buffers, at each of which V8 may mark its heap, not after small things', () => {
  let looks = 0;
  const budget = new QueryBudget({
    samplesMax: 1000,
    bytesMax: 1e9,
    timeoutMs: 60_000,
    clock: systemClock,
    signal: {
      get aborted() {
        looks++;
        return false;
      },
      reason: undefined,
    },
    pause: () => Promise.resolve(),
    pauseAfterMs: 20,
  });
  for (let i = 0; i < 100; i++) budget.column(1000);
  expect(looks).toBeGreaterThanOrEqual(50);
  looks = 0;
  for (let i = 0; i < 100; i++) budget.takeBytes(100);
  expect(looks).toBe(0);
});
