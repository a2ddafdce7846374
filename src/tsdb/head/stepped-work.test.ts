import { setImmediate } from 'node:timers/promises';
import { expect, test } from 'vitest';
import { runInTurns } from '../../std/turns.ts';
import { SteppedWork } from './stepped-work.ts';

/** Notes its steps as `name 1`, `name 2`, ... */
function* noting(name: string, steps: number, into: string[]): Generator<undefined, string> {
  for (let i = 1; i <= steps; i++) {
    if (i > 1) yield;
    into.push(`${name} ${i}`);
  }
  return `${name} done`;
}

test('run() gives what the work gives, step by step', () => {
  const work = new SteppedWork();
  const done: string[] = [];
  const steps = work.run(noting('a', 3, done));
  expect(steps.next().done).toBe(false);
  expect(done).toEqual(['a 1']);
  expect(work.isUnderWay).toBe(true);
  expect(runInTurns(steps, null)).toBe('a done');
  expect(done).toEqual(['a 1', 'a 2', 'a 3']);
  expect(work.isUnderWay).toBe(false);
});

test('end() takes the steps that are left, and the owner finds them done', () => {
  const work = new SteppedWork();
  const done: string[] = [];
  const steps = work.run(noting('a', 3, done));
  steps.next();
  work.end();
  expect(done).toHaveLength(3);
  expect(steps.next()).toEqual({ done: true, value: 'a done' });
});

test('settle() and a second run() take them one by one', () => {
  const work = new SteppedWork();
  const done: string[] = [];
  const first = work.run(noting('a', 4, done));
  first.next();
  const settling = work.settle();
  settling.next();
  expect(done).toEqual(['a 1', 'a 2']);
  const second = work.run(noting('b', 2, done));
  second.next();
  expect(done).toEqual(['a 1', 'a 2', 'a 3']);
  expect(runInTurns(second, null)).toBe('b done');
  expect(done).toEqual(['a 1', 'a 2', 'a 3', 'a 4', 'b 1', 'b 2']);
  expect(settling.next().done).toBe(true);
  expect(runInTurns(first, null)).toBe('a done');
});

test('ended() resolves for all who wait, before anything that comes after', async () => {
  const work = new SteppedWork();
  const turns = { now: () => 0, pause: async () => void (await setImmediate()), pieceMs: 0 };
  expect(work.ended(turns)).toBe(null);
  const done: string[] = [];
  const first = work.run(noting('a', 5, done));
  first.next();
  const waiting = [work.ended(turns)!, work.ended(turns)!].map((ended, i) =>
    ended.then(() => {
      done.push(`waiter ${i}`);
      expect(work.isUnderWay).toBe(false);
    }),
  );
  const owner = async () => {
    expect(runInTurns(first, null)).toBe('a done');
    await null;
    for (const _ of work.run(noting('b', 1, done)));
  };
  await Promise.all([...waiting, owner()]);
  expect(done).toEqual(['a 1', 'a 2', 'a 3', 'a 4', 'a 5', 'waiter 0', 'waiter 1', 'b 1']);
  const second = work.run(noting('c', 5, done));
  second.next();
  await work.ended(turns);
  expect(done.at(-1)).toBe('c 5');
});

test('what the work throws comes to its owner, whoever took the step', () => {
  const work = new SteppedWork();
  const failing = work.run(
    (function* (): Generator<undefined, void> {
      yield;
      throw new Error('disk');
    })(),
  );
  failing.next();
  work.end();
  expect(work.isUnderWay).toBe(false);
  expect(() => failing.next()).toThrow('disk');
});

test('an owner that loses interest does not leave half of it', () => {
  const work = new SteppedWork();
  const done: string[] = [];
  const steps = work.run(noting('a', 3, done));
  steps.next();
  steps.return('gone');
  expect(done).toHaveLength(3);
  expect(work.isUnderWay).toBe(false);
});

test('endApplying() leaves alone what is not being applied, and within a step there is nothing to end', () => {
  const work = new SteppedWork();
  const done: string[] = [];
  const steps = work.run(
    (function* (): Generator<undefined, void> {
      work.end();
      yield* noting('check', 2, done);
      yield;
      work.isApplying = true;
      yield* noting('apply', 2, done);
      work.isApplying = false;
      yield;
      done.push('after');
    })(),
  );
  steps.next();
  work.endApplying();
  expect([...work.settleApplying()]).toEqual([]);
  expect(done).toEqual(['check 1']);
  steps.next();
  steps.next();
  expect(done.at(-1)).toBe('apply 1');
  for (const _ of work.settleApplying());
  expect(done).toEqual(['check 1', 'check 2', 'apply 1', 'apply 2']);
  work.end();
  expect(done.at(-1)).toBe('after');
});
