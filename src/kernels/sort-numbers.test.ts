import { describe, expect, test } from 'vitest';
import { sortNumbers } from './sort-numbers.ts';

describe('sortNumbers()', () => {
  test.each([0, 1, 1000, 65_536, 65_537, 200_000, 300_001])('sorts %i numbers as the platform does', (count) => {
    const values = new Float64Array(count + 3).fill(7);
    for (let i = 0; i < count; i++) values[i] = ((i * 7919) % 10_007) - 5000;
    for (let i = 0; i < count; i += 1000) values[i] = [0, -0, Infinity, -Infinity][(i / 1000) % 4]!;
    const expected = values.slice();
    expected.subarray(0, count).sort();
    let told = 0;
    sortNumbers(
      values,
      count,
      () => new Float64Array(count),
      (work) => {
        told += work;
      },
    );
    expect(Buffer.from(values.buffer).equals(Buffer.from(expected.buffer))).toBe(true);
    expect(told > 0).toBe(count > 65_536);
  });

  test('ends where it is told to', () => {
    const values = new Float64Array(200_000).map((_, i) => (i * 7919) % 10_007);
    const over = new Error('over');
    let words = 0;
    const spend = () => {
      if (++words === 8) throw over;
    };
    expect(() => sortNumbers(values, values.length, () => new Float64Array(values.length), spend)).toThrow(over);
  });
});
