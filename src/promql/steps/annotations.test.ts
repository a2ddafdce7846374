import { describe, expect, test } from 'vitest';
import { Annotations } from './annotations.ts';

const at = (start: number, end: number) => ({ start, end });

describe('Annotations', () => {
  test('says where, by line and byte column', () => {
    const annotations = new Annotations();
    annotations.warn('a', at(2, 3));
    annotations.info('b', at(9, 10));
    expect(annotations.render('äb\n  foo + bar')).toEqual({
      warnings: ['PromQL warning: a (1:3)'],
      infos: ['PromQL info: b (2:6)'],
    });
  });

  test('keeps equal texts once, at the place that is evaluated last', () => {
    const nested = new Annotations();
    nested.info('x', at(4, 6));
    nested.info('x', at(0, 8));
    expect(nested.render('sum(sum(x))').infos).toEqual(['PromQL info: x (1:1)']);
    const beside = new Annotations();
    beside.info('x', at(6, 7));
    beside.info('x', at(0, 3));
    expect(beside.render('abc + d').infos).toEqual(['PromQL info: x (1:7)']);
  });

  test('shows ten of a kind and counts the others', () => {
    const annotations = new Annotations();
    for (let i = 0; i < 13; i++) annotations.warn(`w${i}`, null);
    const { warnings } = annotations.render('x');
    expect(warnings).toHaveLength(11);
    expect(warnings[10]).toBe('3 more warning annotations omitted');
  });

  test('adds up what had to be mended', () => {
    const annotations = new Annotations();
    const found = { time: 60_000, minBucket: 0.5, maxBucket: 1, maxDiff: 2 };
    annotations.forcedMonotonicity('mended', at(0, 1), found);
    annotations.forcedMonotonicity('mended', at(0, 1), { time: 1500, minBucket: 0.1, maxBucket: 10, maxDiff: 123 });
    expect(annotations.render('x').infos).toEqual([
      'PromQL info: mended, from buckets 0.1 to 10, with a max diff of 1.2e+02, over 2 samples ' +
        'from 1970-01-01T00:00:01Z to 1970-01-01T00:01:00Z (1:1)',
    ]);
  });

  test('counts mended samples as the reference does: twice as many with every step', () => {
    const annotations = new Annotations();
    for (let i = 0; i < 8; i++) {
      annotations.forcedMonotonicity('mended', at(0, 1), { time: 1000 * i, minBucket: 1, maxBucket: 1, maxDiff: 1 });
    }
    annotations.setMonotonicityGrid(at(0, 1), { start: 0, step: 1000, count: 8 });
    expect(annotations.render('x').infos[0]).toContain('over 382 samples');
  });

  test('what is counted is told where it was met first, whichever operand runs first', () => {
    const [left, right] = [at(0, 1), at(4, 5)];
    const found = { time: 0, minBucket: 1, maxBucket: 1, maxDiff: 1 };
    for (const order of [
      [left, right],
      [right, left],
    ]) {
      const annotations = new Annotations();
      for (const position of order) {
        annotations.forcedMonotonicity('mended', position, found);
        annotations.startTimeOverlap('m', position);
      }
      const { infos, warnings } = annotations.render('a + b');
      expect([infos.length, warnings.length]).toEqual([1, 1]);
      expect(infos[0]).toMatch(/ over 2 samples .* \(1:1\)$/);
      expect(warnings[0]).toMatch(/ \(2 occurrences\) \(1:1\)$/);
    }
  });

  test('counts overlaps', () => {
    const annotations = new Annotations();
    annotations.startTimeOverlap('m', at(0, 1));
    annotations.startTimeOverlap('m', at(0, 1));
    expect(annotations.render('x').warnings).toEqual([
      'PromQL warning: sample has start time that overlaps with previous sample timestamp for metric "m" (2 occurrences) (1:1)',
    ]);
  });
});
