import { crc32 } from 'node:zlib';
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { patternSort } from './pattern-sort.ts';

/** The places that the values had before they were sorted; NaN comes last, as in `sort()` of PromQL. */
function orderOf(values: readonly number[]): number[] {
  const order = values.map((_, i) => i);
  patternSort(
    {
      isLess: (a, b) => Number.isNaN(values[order[b]!]) || values[order[a]!]! < values[order[b]!]!,
      swap: (a, b) => {
        [order[a], order[b]] = [order[b]!, order[a]!];
      },
    },
    values.length,
  );
  return order;
}

function list(length: number, value: (i: number) => number): number[] {
  return Array.from({ length }, (_, i) => value(i));
}

/** Begin and CRC-32 of the order in which a Go program's `sort.Sort` leaves the same values. */
test.each([
  ['few values', list(1000, (i) => (i * i * 7) % 5), '200 995 990 985', 2128589067],
  ['rising', list(300, (i) => i >> 2), '0 1 2 3', 840005404],
  ['falling', list(300, (i) => (300 - i) >> 2), '299 298 297 296', 255487499],
  ['almost sorted', list(200, (i) => (i % 67 === 0 ? 200 - i : i >> 1)), '1 2 3 4', 2705639319],
  ['two halves', list(500, (i) => (i < 250 ? i : 500 - i)), '0 1 499 2', 551508970],
  ['short', list(13, (i) => i % 3), '6 3 0 9', 800740057],
  ['short of ninthers', list(49, (i) => (i * 31) % 7), '7 21 42 0', 1318939618],
  ['with NaN', list(400, (i) => (i % 7 === 3 ? Number.NaN : (i * i) % 11)), '33 209 231 198', 2007552257],
  [
    'bad pivots, a heap in the end',
    list(100, (i) => (i % 2 === 1 ? Number.NaN : (i * i) % 2)),
    '76 92 2 98',
    3498816124,
  ],
])('patternSort() leaves equal values as Go does: %s', (_, values, begin, checksum) => {
  const order = orderOf(values);
  expect(order.slice(0, 4).join(' ')).toBe(begin);
  expect(crc32(order.join(' '))).toBe(checksum);
});

test('patternSort() sorts', () => {
  fc.assert(
    fc.property(fc.array(fc.integer({ min: 0, max: 60 }), { maxLength: 400 }), (values) => {
      const sorted = orderOf(values).map((place) => values[place]!);
      expect(sorted).toEqual([...values].sort((a, b) => a - b));
    }),
  );
});
