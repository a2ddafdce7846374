import { describe, expect, test } from 'vitest';
import { HISTOGRAM, NOW, OpenReceiver, one, V1 } from './open-receiver.ts';
import { compress, encodeRequest, labelsOf, type SeriesMessage, writeBody } from './write-message.ts';

const open = new OpenReceiver();

describe('what is taken', () => {
  test('samples of several series, whatever the order of their labels', async () => {
    const outcome = open.write(
      { labels: labelsOf({ job: 'a', __name__: 'up' }), samples: [{ timestamp: NOW, value: 1 }] },
      one('load', [NOW - 2, 0.5], [NOW - 1, 0.25]),
    );
    expect(outcome).toEqual({ status: 204, message: '' });
    expect(await open.stored()).toEqual(['{__name__="load"} -2=0.5 -1=0.25', '{__name__="up", job="a"} 0=1']);
  });

  test('the same series again and again, through the cache', async () => {
    for (let i = 0; i < 5; i++) {
      expect(open.write(one('a', [NOW + i, i]), one('b', [NOW + i, -i]), one('c', [NOW + i, 7])).status).toBe(204);
    }
    expect(open.write(one('c', [NOW + 9, 7]), one('a', [NOW + 9, 9])).status).toBe(204);
    expect(await open.stored()).toEqual([
      '{__name__="a"} 0=0 1=1 2=2 3=3 4=4 9=9',
      '{__name__="b"} 0=0 1=-1 2=-2 3=-3 4=-4',
      '{__name__="c"} 0=7 1=7 2=7 3=7 4=7 9=7',
    ]);
  });

  test('series that stayed away for longer than the cache remembers', async () => {
    for (let i = 0; i < 4; i++) {
      expect(open.write(one('a', [NOW + i, i])).status).toBe(204);
      open.clock.advance(25 * 60_000);
      expect(open.write(one('other', [NOW + i, i])).status).toBe(204);
    }
    expect((await open.stored())[0]).toBe('{__name__="a"} 0=0 1=1 2=2 3=3');
  });

  test('labels with other fields between them', async () => {
    const label = (name: string, value: string) => encodeRequest([{ labels: [{ name, value }] }]).subarray(2);
    const sample = encodeRequest([{ labels: [], samples: [{ timestamp: NOW, value: 4 }] }]).subarray(2);
    const series = Buffer.concat([label('__name__', 'm'), sample, label('a', '1')]);
    const request = Buffer.concat([Uint8Array.of(0x0a, series.length), series]);
    expect(open.receive(V1, compress(request)).status).toBe(204);
    expect(await open.stored()).toEqual(['{__name__="m", a="1"} 0=4']);
  });

  test('an empty request and one with metadata only', () => {
    expect(open.write().status).toBe(204);
    expect(open.receive('', writeBody([], [{ type: 1, metricFamilyName: 'm', help: 'h' }])).status).toBe(204);
  });

  test('histograms and exemplars go to the log', () => {
    const outcome = open.write({
      ...one('h'),
      histograms: [
        { countInt: 3, sum: 4, positiveSpans: [{ offset: 0, length: 2 }], positiveDeltas: [1, 1], timestamp: NOW },
      ],
      exemplars: [{ labels: labelsOf({ trace_id: 'x' }), value: 1, timestamp: NOW }],
    });
    expect(outcome.status).toBe(204);
    const { histogramsLogged, exemplarsLogged } = open.database.stats().head;
    expect({ histogramsLogged, exemplarsLogged }).toEqual({ histogramsLogged: 1, exemplarsLogged: 1 });
  });

  test('labels without samples make no series', () => {
    expect(open.write({ labels: labelsOf({ __name__: 'bare' }) }, one('a', [NOW, 1])).status).toBe(204);
    expect(open.database.stats().head.series).toBe(1);
  });

  test('the same sample twice', async () => {
    expect(open.write(one('a', [NOW, 1])).status).toBe(204);
    expect(open.write(one('a', [NOW, 1], [NOW + 1, 2])).status).toBe(204);
    expect(await open.stored()).toEqual(['{__name__="a"} 0=1 1=2']);
  });
});

describe('what is dropped', () => {
  test('series with labels that are not allowed, counted, the others stored', async () => {
    const bad: SeriesMessage = { labels: labelsOf({ job: 'nameless' }), samples: [{ timestamp: NOW, value: 1 }] };
    for (let i = 0; i < 3; i++)
      expect(open.write(one('a', [NOW + i, i]), bad, one('b', [NOW + i, i])).status).toBe(204);
    expect(await open.stored()).toEqual(['{__name__="a"} 0=0 1=1 2=2', '{__name__="b"} 0=0 1=1 2=2']);
    expect(invalidLabelsTotal()).toBe(3);
  });

  test('samples out of order only against earlier ones of the same request', async () => {
    expect(open.write(one('a', [NOW, 1], [NOW - 5, 2]), one('b', [NOW, 1], [NOW, 2], [NOW + 1, 3])).status).toBe(204);
    expect(await open.stored()).toEqual(['{__name__="a"} 0=1', '{__name__="b"} 0=1 1=3']);
  });
});

function invalidLabelsTotal(): number {
  return Number(/^prometheus_api_remote_write_invalid_labels_samples_total (\d+)$/m.exec(open.registry.render())![1]);
}

test('floats and histograms of a series are taken in the order of the request', async () => {
  const histogram = (name: string, timestamp: number, sum: number): SeriesMessage => ({
    labels: labelsOf({ __name__: name }),
    histograms: [{ ...HISTOGRAM, sum, timestamp }],
  });
  const bad: SeriesMessage = { labels: labelsOf({ job: 'no name' }), samples: [{ timestamp: NOW, value: 1 }] };
  const request = [
    histogram('a', NOW + 1, 1),
    one('b', [NOW + 1, 1]),
    bad,
    one('a', [NOW + 2, 2], [NOW + 3, 3]),
    histogram('b', NOW + 2, 2),
    histogram('a', NOW + 4, 4),
    one('a', [NOW + 5, 5]),
    one('b', [NOW + 3, 3]),
    histogram('a', NOW + 4, 7),
  ];
  expect(open.write(...request).status).toBe(204);
  expect(await open.stored()).toEqual(['{__name__="a"} 1=1 2=2 3=3 4=4 5=5', '{__name__="b"} 1=1 2=2 3=3']);
});

describe('refs that the storage forgot', () => {
  test('are asked for anew', async () => {
    let forgotten = 0;
    open.receiveChanged((appender) => ({
      resolve: (labels) => appender.resolve(labels) + forgotten * 1000,
      resolveBytes: (bytes, start, end) => appender.resolveBytes(bytes, start, end) + forgotten * 1000,
      append(batch) {
        const refs = batch.refs.map((ref) => (ref > forgotten * 1000 ? ref - forgotten * 1000 : 999));
        return appender.append({ ...batch, refs });
      },
    }));
    expect(open.write(one('a', [NOW, 1]), one('b', [NOW, 1])).status).toBe(204);
    forgotten = 1;
    expect(open.write(one('a', [NOW + 1, 2]), one('b', [NOW + 1, 2])).status).toBe(204);
    expect(await open.stored()).toEqual(['{__name__="a"} 0=1 1=2', '{__name__="b"} 0=1 1=2']);
  });
});
