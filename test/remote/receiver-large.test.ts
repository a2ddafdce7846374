import { describe, expect, test } from 'vitest';
import { AT_ONCE_BYTES_MAX, type WriteOutcome } from '../../src/remote/write-receiver.ts';
import { NOW, OpenReceiver, one, V1 } from './open-receiver.ts';
import { compress, labelsOf, type SeriesMessage, writeBody } from './write-message.ts';

const open = new OpenReceiver();

describe('a large request', () => {
  /** Label sets that take so many bytes together, with a sample each at `time`. */
  const series = (time: number, bytes: number): SeriesMessage[] =>
    Array.from({ length: Math.ceil(bytes / 1000) }, (_, i) => ({
      labels: labelsOf({ __name__: 'large', id: String(i), padding: 'x'.repeat(1000) }),
      samples: [{ timestamp: time, value: i }],
    }));

  test('is seen as a whole, and others are answered between its turns', async () => {
    const seen: number[] = [];
    const small: (WriteOutcome | Promise<WriteOutcome>)[] = [];
    let pauses = 0;
    open.receiveInto(open.database, async () => {
      const lines = await open.stored();
      seen.push(lines.filter((line) => line.includes('large')).length);
      small.push(open.receiver.receive(V1, writeBody([one('small', [NOW + ++pauses, pauses])])));
    });
    const message = series(NOW + 1, 2 * AT_ONCE_BYTES_MAX);
    expect(await open.receiver.receive(V1, writeBody(message))).toEqual({ status: 204, message: '' });
    expect(pauses).toBeGreaterThan(10);
    expect(seen[0]).toBe(0);
    for (const count of seen) expect([0, message.length]).toContain(count);
    expect(small.some((outcome) => !(outcome instanceof Promise))).toBe(true);
    for (const outcome of await Promise.all(small)) expect(outcome.status).toBe(204);
    const lines = await open.stored();
    expect(lines.filter((line) => line.includes('large'))).toHaveLength(message.length);
    expect(lines.filter((line) => line.includes('small'))).toHaveLength(1);
    // The series are known now.
    expect((await open.receiver.receive(V1, writeBody(series(NOW + 2, 2 * AT_ONCE_BYTES_MAX)))).status).toBe(204);
    expect(await samplesOf('large')).toBe(2 * message.length);
  });

  test('is refused whole, and two of them wait for each other', async () => {
    open.receiveInto(open.database);
    const message = series(NOW + 1, AT_ONCE_BYTES_MAX);
    const late = { labels: message.at(-1)!.labels, samples: [{ timestamp: NOW, value: 1 }] };
    const outcomes = await Promise.all([
      open.receiver.receive(V1, writeBody(message)),
      open.receiver.receive(V1, writeBody([...series(NOW + 2, AT_ONCE_BYTES_MAX), late])),
      open.receiver.receive(V1, writeBody(series(NOW + 3, AT_ONCE_BYTES_MAX))),
    ]);
    expect(outcomes.map(({ status }) => status)).toEqual([204, 400, 204]);
    expect(await samplesOf('large')).toBe(2 * message.length);
  });
});

/** Samples of all series of a metric. */
async function samplesOf(name: string): Promise<number> {
  const lines = await open.stored();
  return lines.filter((line) => line.includes(name)).reduce((sum, line) => sum + line.match(/ -?\d+=/g)!.length, 0);
}

describe('a request of large or many messages', () => {
  test('one long series is decoded in turns too', async () => {
    const samples = Array.from({ length: 60_000 }, (_, k): [number, number] => [NOW + k, k * 0.1]);
    const outcome = open.receiver.receive(V1, writeBody([one('long', ...samples)]));
    expect(outcome).toBeInstanceOf(Promise);
    expect((await outcome).status).toBe(204);
    expect((await open.stored())[0]).toMatch(/ 59999=5999\.9\d*$/);
  });

  test.each([
    ['unknown fields', [0x28, 0], 204, ''],
    ['empty exemplars', [0x1a, 0], 400, 'a request may not hold more than 262144 exemplars'],
    ['empty histograms', [0x22, 0], 400, 'a request may not hold more than 262144 histograms'],
  ])('a series of %s only is walked through in turns', async (_, field, status, message) => {
    const inner = new Uint8Array(2 << 20);
    for (let at = 0; at < inner.length; at += 2) inner.set(field, at);
    const outcome = open.receiver.receive(
      V1,
      compress(Buffer.concat([Buffer.of(0x0a, 0x80, 0x80, 0x80, 0x01), inner])),
    );
    expect(outcome).toBeInstanceOf(Promise);
    expect(await outcome).toEqual({ status, message });
  });

  test('what would be walked through whole is refused', async () => {
    const size = [0x80, 0x80, 0x80, 0x01];
    const inner = new Uint8Array(2 << 20).fill(0x08);
    for (const [head, message] of [
      [[0x0a, ...size], 'TimeSeries'],
      [[0x1a, ...size], 'MetricMetadata'],
    ] as const) {
      const body = Buffer.concat([Buffer.from(head), inner]);
      if (message === 'TimeSeries') body.set([0x12, 0xfb, 0xff, 0x7f], head.length);
      const outcome = await open.receiver.receive(V1, compress(body));
      expect(outcome).toEqual({
        status: 400,
        message: expect.stringContaining(`a field of ${message} has more than 262144 bytes`),
      });
    }
    const groups = Uint8Array.from({ length: 2 << 20 }, (_, i) => (i === 0 ? 0x2b : i % 2 === 1 ? 0x28 : 0));
    expect((await open.receiver.receive(V1, compress(groups))).message).toContain('has more than 262144 bytes');
    expect(await open.stored()).toEqual([]);
  });
});
