import fc from 'fast-check';
import { expect, test } from 'vitest';
import { labelsFromObject } from '../../model/labels.ts';
import type { Matcher } from '../../model/matcher.ts';
import { KnownRows } from './known-rows.ts';

const matchers: fc.Arbitrary<Matcher[]> = fc.array(
  fc.record({
    type: fc.constantFrom('=', '!=', '=~', '!~'),
    name: fc.constantFrom('a', 'a=', 'ab', '1 a'),
    value: fc.constantFrom('', '1', '~1 ', '1 b=1 ', 'x'.repeat(2000)),
  }),
  { maxLength: 3 },
);

test('KnownRows gives the rows of that block and those matchers alone, or none', () => {
  const known = new KnownRows();
  const blocks = [known.enter(), known.enter()];
  const given = new Map<string, readonly number[]>();
  fc.assert(
    fc.property(fc.constantFrom(...blocks), matchers, fc.array(fc.nat(100)), (block, chosen, rows) => {
      const key = JSON.stringify([block, chosen]);
      const found = known.get(block, chosen);
      if (found !== undefined) expect(Array.from(found.rows)).toEqual(given.get(key));
      else {
        const own = Uint32Array.from(rows);
        known.put(block, chosen, own);
        own.fill(7);
        given.set(key, rows);
      }
    }),
    { numRuns: 2000 },
  );
  known.put(0, [], Uint32Array.of(3));
  expect(Array.from(known.get(0, [])!.rows)).toEqual([3]);
});

test('KnownRows lets go of what was not asked for lately', () => {
  const known = new KnownRows();
  const block = known.enter();
  const of = (value: number): Matcher[] => [{ type: '=', name: 'a', value: String(value) }];
  for (let i = 0; i < 2000; i++) {
    known.put(block, of(i), new Uint32Array(1000).fill(i));
    expect(known.get(block, of(0))?.rows).toEqual(new Uint32Array(1000));
  }
  expect(known.get(block, of(1))).toBeUndefined();
  known.put(block, of(-1), new Uint32Array(20_000));
  expect(known.get(block, of(-1))).toBeUndefined();
});

test('KnownRows gives the same list of label sets again, until others need the room', () => {
  const known = new KnownRows();
  const block = known.enter();
  const read = (row: number) => labelsFromObject({ row: String(row) });
  const put = (value: string, rows: Uint32Array) => known.put(block, [{ type: '=', name: 'a', value }], rows)!;
  const few = put('few', Uint32Array.of(4, 2));
  const labels = known.labels(few, read);
  expect(labels?.map(String)).toEqual(['{row="4"}', '{row="2"}']);
  expect(known.labels(few, read)).toBe(labels);
  for (const value of ['x', 'y', 'z']) known.labels(put(value, new Uint32Array(15_000)), read);
  expect(known.labels(few, read)).not.toBe(labels);
});

test('KnownRows keeps no label sets with long texts, and reads them only once', () => {
  const known = new KnownRows();
  const rows = known.put(known.enter(), [{ type: '=', name: 'a', value: 'b' }], new Uint32Array(100))!;
  let reads = 0;
  const read = () => {
    reads++;
    return labelsFromObject({ text: 'x'.repeat(10_000) });
  };
  expect([known.labels(rows, read), known.labels(rows, read)]).toEqual([null, null]);
  expect(reads).toBe(11);
});
