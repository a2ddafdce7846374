import { getEventListeners } from 'node:events';
import { expect, test } from 'vitest';
import { ReadGate } from './read-gate.ts';
import { ReadRefusal } from './read-refusal.ts';

const never = new AbortController().signal;

test('ReadGate lets so many in, and the others in order of arrival', async () => {
  const gate = new ReadGate(2);
  const order: number[] = [];
  const enter = (i: number) => gate.enter(never).then(() => order.push(i));
  await Promise.all([enter(1), enter(2)]);
  const waiting = [enter(3), enter(4)];
  await Promise.resolve();
  expect([gate.inside, order]).toEqual([2, [1, 2]]);
  gate.leave();
  gate.leave();
  await Promise.all(waiting);
  expect([gate.inside, order]).toEqual([2, [1, 2, 3, 4]]);
});

test('ReadGate forgets who gave up, and lets the next one in', async () => {
  const gate = new ReadGate(1);
  await gate.enter(never);
  const controller = new AbortController();
  const gone = gate.enter(controller.signal);
  const next = gate.enter(never);
  controller.abort();
  await expect(gone).rejects.toThrow(ReadRefusal);
  await expect(gone).rejects.toMatchObject({ status: 499, message: 'context canceled' });
  await expect(gate.enter(controller.signal)).rejects.toThrow('context canceled');
  gate.leave();
  await next;
  expect(gate.inside).toBe(1);
});

test('ReadGate of 0 lets all in', async () => {
  const gate = new ReadGate(0);
  for (let i = 0; i < 100; i++) await gate.enter(never);
  gate.leave();
  expect(gate.inside).toBe(99);
});

test('ReadGate listens for the end of a request no longer than it waits', async () => {
  const gate = new ReadGate(1);
  await gate.enter(never);
  const { signal } = new AbortController();
  const waiting = gate.enter(signal);
  expect(getEventListeners(signal, 'abort')).toHaveLength(1);
  gate.leave();
  await waiting;
  expect(getEventListeners(signal, 'abort')).toHaveLength(0);
});
