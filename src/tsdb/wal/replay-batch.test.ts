import * as fc from 'fast-check';
import { expect, test } from 'vitest';
import { ReplayBatch } from './replay-batch.ts';

/** Adds samples of rows and lets the batch give them, in pieces. */
function given(batch: ReplayBatch, rows: readonly number[], rowCount: number): Map<number, number[]> {
  batch.reserve(rowCount, rows.length);
  for (const [i, row] of rows.entries()) batch.add(row, i, i + 1, i + 2);
  const times = new Map<number, number[]>();
  const take = (run: Parameters<Parameters<ReplayBatch['drain']>[0]>[0]): void => {
    for (let at = run.from; at < run.to; at++) {
      const place = run.order[at]!;
      const time = run.times[place]!;
      expect([run.bits[2 * place], run.bits[2 * place + 1]]).toEqual([time + 1, time + 2]);
      times.set(run.row, [...(times.get(run.row) ?? []), time]);
    }
  };
  while (batch.drainSome(take)) {}
  return times;
}

test('ReplayBatch gives the samples of each row in the order in which they were added, again and again', () => {
  const batch = new ReplayBatch();
  fc.assert(
    fc.property(
      fc.array(fc.array(fc.nat(40), { maxLength: 60 }), { maxLength: 4 }),
      fc.constantFrom(41, 5000),
      (rounds, rowCount) => {
        for (const rows of rounds) {
          const expected = new Map<number, number[]>();
          for (const [i, row] of rows.entries()) expected.set(row, [...(expected.get(row) ?? []), i]);
          expect(given(batch, rows, rowCount)).toEqual(expected);
          expect(rows.some((row) => batch.has(row))).toBe(false);
        }
      },
    ),
  );
});

test('ReplayBatch knows which rows have samples', () => {
  const batch = new ReplayBatch();
  batch.reserve(10, 1);
  batch.add(3, 0, 0, 0);
  expect([batch.has(3), batch.has(2), batch.has(1000)]).toEqual([true, false, false]);
});

test('ReplayBatch gives many samples in pieces', () => {
  const batch = new ReplayBatch();
  batch.reserve(1000, 2 ** 21);
  for (let i = 0; !batch.isFull; i++) batch.add(i % 1000, i, 0, 0);
  expect(batch.isAlmostFull).toBe(true);
  let samples = 0;
  let pieces = 1;
  while (batch.drainSome((run) => (samples += run.to - run.from))) pieces++;
  expect(samples).toBe(1024 * 1024);
  expect(pieces).toBeGreaterThan(4);
});
