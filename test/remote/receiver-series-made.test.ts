import { describe, expect, test } from 'vitest';
import { NOW, OpenReceiver, one } from './open-receiver.ts';
import { labelsOf, type SeriesMessage } from './write-message.ts';

const open = new OpenReceiver();

test('of a request with a sample too far ahead no series behind it are made', async () => {
  const ahead = NOW + 11 * 60_000;
  const invalid = { labels: labelsOf({ job: 'a' }), samples: [{ timestamp: ahead, value: 1 }] };
  const outcome = open.write(
    invalid,
    one('a', [NOW, 1]),
    one('b', [NOW, 1], [ahead, 2]),
    one('c', [NOW, 1]),
    one('d', [ahead, 1]),
  );
  expect(outcome.status).toBe(400);
  expect(outcome.message).toContain('too far in the future');
  expect(open.database.stats().head.series).toBe(2);
  expect(await open.stored()).toEqual([]);
  expect(open.write(one('c', [NOW, 1])).status).toBe(204);
});

describe('of a request with a sample that is too old or out of order', () => {
  const at = NOW - 3_600_000;
  const old = at - 7_200_000;
  const seriesMade = (...message: SeriesMessage[]) => {
    const before = open.database.stats().head.series;
    const { status } = open.write(...message);
    return [status, open.database.stats().head.series - before];
  };

  test('no series behind it are made', async () => {
    expect(open.write(one('a', [at, 1]), one('h', [at, 1])).status).toBe(204);
    const dropped = { labels: labelsOf({ job: 'a' }), samples: [{ timestamp: old, value: 1 }] };
    expect(seriesMade(dropped, one('n1', [at, 1]), one('a', [at - 1, 1]), one('n2', [at, 1]))).toEqual([400, 1]);
    expect(seriesMade(one('n3', [at, 1]), one('a', [at, 2]), one('n4', [at, 1]))).toEqual([400, 1]);
    expect(seriesMade(one('n5', [at, 1], [old, 1]), one('n6', [at, 1]))).toEqual([400, 1]);
    // What is refused only for the request's own order is left out.
    expect(
      seriesMade(one('a', [at, 1], [at + 5, 1], [at + 3, 2]), one('n7', [at, 1], [at, 2]), one('n8', [at, 1])),
    ).toEqual([204, 2]);
    expect((await open.stored()).length).toBe(4);
  });

  test('series behind it are made where late samples are taken', () => {
    open.database.setOutOfOrderWindow(10_000);
    expect(open.write(one('a', [at, 1])).status).toBe(204);
    expect(seriesMade(one('n1', [at, 1]), one('a', [at - 10_000, 1]), one('n2', [at - 10_000, 1]))).toEqual([204, 2]);
    expect(seriesMade(one('n3', [at - 10_001, 1]), one('n4', [at, 1]))).toEqual([204, 2]);
    expect(seriesMade(one('n5', [at, 1]), one('a', [at - 10_001, 1]), one('n6', [at, 1]))).toEqual([400, 1]);
    expect(seriesMade(one('n7', [at, 1]), one('a', [at, 2]), one('n8', [at, 1]))).toEqual([400, 1]);
  });
});

test('a request is taken whole where what it would have been refused for has gone meanwhile', async () => {
  open.receiveChanged(() => ({ refuses: () => true }));
  expect(open.write(one('a', [NOW, 1]), one('b', [NOW, 1]), one('c', [NOW, 1])).status).toBe(204);
  expect((await open.stored()).length).toBe(3);
});
