import { beforeEach, describe, expect, test } from 'vitest';
import { HISTOGRAM, NOW, OpenReceiver, one } from './open-receiver.ts';
import type { HistogramMessage, SeriesMessage } from './write-message.ts';

const open = new OpenReceiver();

describe('what is refused, whole', () => {
  beforeEach(() => {
    expect(open.write(one('a', [NOW, 1])).status).toBe(204);
  });

  test.each<[string, [number, number][], string]>([
    ['out of order', [[NOW - 1, 5]], 'out of order sample'],
    [
      'another value at the same time',
      [[NOW, 5]],
      `duplicate sample for timestamp ${NOW}; overrides not allowed: existing 1, new value 5`,
    ],
    ['too old', [[NOW - 86_400_000, 5]], 'out of bounds'],
    ['more than ten minutes ahead', [[NOW + 600_001, 5]], 'out of bounds: timestamp is too far in the future'],
    ['before all times', [[-9.2e18, 5]], 'out of bounds'],
    ['after all times', [[9.2e18, 5]], 'out of bounds: timestamp is too far in the future'],
    [
      'the first of two mistakes',
      [
        [NOW - 1, 5],
        [NOW + 600_001, 5],
      ],
      'out of order sample',
    ],
    [
      'newer, then older than what is stored',
      [
        [NOW + 1, 5],
        [NOW - 1, 5],
      ],
      'out of order sample',
    ],
  ])('%s', async (_, samples, message) => {
    expect(open.write(one('b', [NOW, 9]), one('a', ...samples))).toEqual({ status: 400, message });
    expect(await open.stored()).toEqual(['{__name__="a"} 0=1']);
    expect(open.write(one('a', [NOW + 2, 2])).status).toBe(204);
  });

  describe('of histograms', () => {
    const histogram = (timestamp: number, sum = 4) => ({ ...HISTOGRAM, sum, timestamp });
    const withHistograms = (name: string, ...histograms: HistogramMessage[]) => ({ ...one(name), histograms });
    beforeEach(() => {
      expect(open.write(withHistograms('h', histogram(NOW))).status).toBe(204);
    });

    test.each<[string, SeriesMessage[], string]>([
      ['out of order', [withHistograms('h', histogram(NOW - 1))], 'out of order sample'],
      ['another one at the same time', [withHistograms('h', histogram(NOW, 5))], 'duplicate sample for timestamp'],
      ['too old', [withHistograms('h', histogram(NOW - 86_400_000))], 'out of bounds'],
      [
        'a float at the same time',
        [one('h', [NOW, 5])],
        `duplicate sample for timestamp ${NOW}; overrides not allowed: existing is a histogram, new value 5`,
      ],
      [
        'series by series',
        [
          withHistograms('h', histogram(NOW - 1)),
          one('a', [NOW, 7]),
          withHistograms('b', { ...HISTOGRAM, countInt: 9 }),
        ],
        'out of order sample',
      ],
      [
        'of one series the floats first',
        [{ ...one('h', [NOW, 7]), histograms: [{ ...histogram(NOW + 1), countInt: 9 }] }],
        `duplicate sample for timestamp ${NOW}; overrides not allowed: existing is a histogram, new value 7`,
      ],
      [
        'what is no histogram before a float of the next series',
        [withHistograms('b', { ...histogram(NOW + 1), countInt: 9 }), one('a', [NOW, 7])],
        '3 observations found in buckets, but the Count field is 9: ' +
          "histogram's observation count should equal the number of observations found in the buckets (in absence of NaN)",
      ],
    ])('%s', (_, series, message) => {
      expect(open.write(...series)).toEqual({ status: 400, message });
      expect(open.write(withHistograms('h', histogram(NOW + 2))).status).toBe(204);
    });

    test('counted once each', () => {
      expect(open.write(withHistograms('h', histogram(NOW - 1)), one('a', [NOW - 1, 7])).status).toBe(400);
      const { refused, refusedHistograms } = open.database.stats().head;
      expect([refused.outOfOrder, refusedHistograms.outOfOrder]).toEqual([1, 1]);
    });

    test('older than an earlier one of the same request: dropped', () => {
      expect(open.write(withHistograms('i', histogram(NOW), histogram(NOW - 1))).status).toBe(204);
    });
  });

  test('ten minutes ahead exactly is taken', () => {
    expect(open.write(one('b', [NOW + 600_000, 1])).status).toBe(204);
  });

  test('a histogram more than ten minutes ahead', () => {
    expect(open.write({ ...one('h'), histograms: [{ countInt: 0, sum: 0, timestamp: NOW + 600_001 }] })).toEqual({
      status: 400,
      message: 'out of bounds: timestamp is too far in the future',
    });
  });

  test('a histogram whose spans promise billions of buckets', () => {
    const histograms = [
      { countInt: 1, schema: 20, positiveSpans: [{ offset: 0, length: 4_000_000_000 }], timestamp: NOW },
    ];
    expect(open.write({ ...one('h'), histograms }).message).toContain('spans need 4000000000 buckets, have 0 buckets');
  });

  test('a histogram that contradicts itself', () => {
    const histograms = [
      { countInt: 5, positiveSpans: [{ offset: 0, length: 1 }], positiveDeltas: [1], timestamp: NOW },
    ];
    expect(open.write({ ...one('h'), histograms })).toEqual({
      status: 400,
      message:
        '1 observations found in buckets, but the Count field is 5: ' +
        "histogram's observation count should equal the number of observations found in the buckets (in absence of NaN)",
    });
  });

  test('a storage that fails answers 500, and the next request works', async () => {
    let fails = true;
    open.receiveChanged((appender) => ({
      commit() {
        if (!fails) return appender.commit();
        appender.rollback();
        throw new Error('no space left on device');
      },
    }));
    expect(open.write(one('a', [NOW + 1, 1]))).toEqual({ status: 500, message: 'no space left on device' });
    fails = false;
    expect(open.write(one('a', [NOW + 1, 1])).status).toBe(204);
    expect(await open.stored()).toEqual(['{__name__="a"} 0=1 1=1']);
  });
});
