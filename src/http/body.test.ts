import { PassThrough } from 'node:stream';
import { expect, test } from 'vitest';
import { BodyBudget, readBody } from './body.ts';

function streamOf(...chunks: string[]): PassThrough {
  const stream = new PassThrough();
  for (const chunk of chunks) stream.write(chunk);
  stream.end();
  return stream;
}

test('readBody() joins what arrives, and gives the budget back when released', async () => {
  const budget = new BodyBudget(100);
  const body = await readBody(streamOf('ab', 'cd'), 10, budget);
  expect(body.ok && Buffer.from(body.bytes).toString()).toBe('abcd');
  expect(budget.used).toBe(4);
  if (body.ok) body.release();
  expect(budget.used).toBe(0);
});

test('readBody() takes an empty body', async () => {
  const body = await readBody(streamOf(), 10, new BodyBudget(100));
  expect(body.ok && body.bytes.length).toBe(0);
});

test('readBody() stops at its limit', async () => {
  const budget = new BodyBudget(100);
  expect(await readBody(streamOf('abcdef', 'ghijkl'), 10, budget)).toEqual({ ok: false, reason: 'tooLarge' });
  expect(budget.used).toBe(0);
});

test('readBody() stops where all bodies together are too large', async () => {
  const budget = new BodyBudget(8);
  const first = await readBody(streamOf('abcdef'), 10, budget);
  expect(first.ok).toBe(true);
  expect(await readBody(streamOf('ghi'), 10, budget)).toEqual({ ok: false, reason: 'noRoom' });
  expect(budget.used).toBe(6);
});

test('readBody() tells when the sender left', async () => {
  const budget = new BodyBudget(100);
  const stream = new PassThrough();
  stream.write('abc');
  const body = readBody(stream, 10, budget);
  setTimeout(() => stream.destroy(new Error('reset')), 5);
  expect(await body).toEqual({ ok: false, reason: 'aborted' });
  expect(budget.used).toBe(0);
});

test('readBody() of a stream that is gone already', async () => {
  const stream = new PassThrough();
  stream.destroy();
  expect(await readBody(stream, 10, new BodyBudget(100))).toEqual({ ok: false, reason: 'aborted' });
});

test('readBody() leaves only the listener for errors on the stream', async () => {
  const before = listenersOf(new PassThrough());
  for (const bytesMax of [100, 3]) {
    const stream = streamOf('abcdef');
    await readBody(stream, bytesMax, new BodyBudget(100));
    expect(listenersOf(stream)).toEqual({ ...before, error: before.error + 1 });
  }
});

function listenersOf(stream: PassThrough): Record<'data' | 'end' | 'close' | 'error', number> {
  const count = (name: string) => stream.listenerCount(name);
  return { data: count('data'), end: count('end'), close: count('close'), error: count('error') };
}
