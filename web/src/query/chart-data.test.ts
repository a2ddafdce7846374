import { expect, test } from 'vitest';
import { chartData, seriesColor, stackColumns } from './chart-data.ts';

test('chartData() lays values on the grid; gaps and infinities stay without a value', () => {
  const { times, columns } = chartData(
    [
      {
        metric: {},
        values: [
          [10, '1'],
          [25, '+Inf'],
          [40, '-2.5'],
        ],
      },
      { metric: {}, values: [[55, 'NaN']] },
      { metric: {}, histograms: [] },
    ],
    10,
    55,
    15,
  );
  expect([...times]).toEqual([10, 25, 40, 55]);
  expect(columns).toEqual([
    [1, null, -2.5, null],
    [null, null, null, null],
    [null, null, null, null],
  ]);
});

test('chartData() has the last step also where its time is not exact', () => {
  const [start, step] = [1_700_000_000.123, 0.1];
  const end = start + 3 * step;
  const { times, columns } = chartData([{ metric: {}, values: [[1_700_000_000.423, '7']] }], start, end, step);
  expect(times).toHaveLength(4);
  expect(columns[0]).toEqual([null, null, null, 7]);
});

test('stackColumns() sums from the first series up, over gaps', () => {
  expect(
    stackColumns([
      [1, null, 3],
      [10, 20, null],
      [100, 200, 300],
    ]),
  ).toEqual([
    [1, null, 3],
    [11, 20, null],
    [111, 220, 303],
  ]);
});

test('seriesColor() differs for 36 series', () => {
  for (const isDark of [false, true])
    expect(new Set(Array.from({ length: 36 }, (_, i) => seriesColor(i, isDark))).size).toBe(36);
});
