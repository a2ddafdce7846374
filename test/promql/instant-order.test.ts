import { expect, test } from 'vitest';
import { functionImplementations } from '../../src/promql/functions/registry.ts';
import { askEngine, loaded } from '../support/ask-engine.ts';

/**
 * The order in which an instant query lists its series where nothing sorts them for good: clients show lists as they
 * come, so it is the reference's. Expected are the labels `i` of the answers of Prometheus 3.14.
 */
const storage = loaded(`load 1m
  m{i="a", g="x"} 1
  m{i="b"} 0
  m{i="c", g="y"} 1
  m{i="d", g="x"} 0
  m{i="e"} 0
  r{i="c"} 7
  r{i="f"} 8
  n{i="1"} NaN
  n{i="2"} 1
  n{i="3"} NaN`);

test.each([
  ['m{i=~"c|d"} or m', 'c d a b e'],
  ['m > 0 or m', 'a c b d e'],
  ['r + on(i) fill_left(1) m', 'c a b d e'],
  ['m + on(i) fill_left(1) fill_right(2) r', 'a b c d e f'],
  ['topk(5, m)', 'c a b d e'],
  ['bottomk(2, m)', 'd b'],
  ['topk(2, m)', 'c a'],
  ['limitk(3, m)', 'b a c'],
  ['limitk by (g) (1, m)', 'a b c'],
  ['limit_ratio(1, m)', 'b d c a e'],
  ['sort(n)', '2 3 1'],
  ['sort_desc(n)', '2 3 1'],
  ['sort_by_label(m, "g")', 'a b d c e'],
  ['sort_by_label_desc(m, "g")', 'e c d b a'],
])('%s', async (query, expected) => {
  const { sink } = await askEngine(query, { at: 0 }, { queryable: storage, functions: functionImplementations });
  expect(sink.series.map(({ labels }) => labels.get('i')).join(' ')).toBe(expected);
});

test.each([
  ['sum by (i) (s)', 'b a'],
  ['topk by (i) (1, s)', 'b a'],
  ['limitk by (i) (1, s)', 'b a'],
  ['avg by (i) (s) or s', 'b a'],
])('%s: groups come as their first series that has a value', async (query, expected) => {
  const queryable = loaded(`load 1m
    s{i="a", k="1"} 1 stale
    s{i="b"} 1 1
    s{i="a", k="2"} 1 1`);
  const { sink } = await askEngine(query, { at: 60 }, { queryable, functions: functionImplementations });
  const order = sink.series.map(({ labels }) => labels.get('i'));
  expect([...new Set(order)].join(' ')).toBe(expected);
});

/** 60 series in the order of `i`, with values that many have alike. */
const many = loaded(
  `load 1m\n${Array.from({ length: 60 }, (_, i) => {
    const value = i % 11 === 5 ? 'NaN' : (i * i * 7) % 5;
    return `  m{i="${String(i).padStart(2, '0')}", g="${i < 20 ? 'a' : 'b'}"} ${value}`;
  }).join('\n')}`,
);

test.each([
  ['sort(m{g="a"})', '15 0 10 11 19 4 14 6 9 1 13 12 7 8 3 17 18 2 16 5'],
  ['sort_desc(m{g="a"})', '8 13 2 3 12 18 17 7 6 9 19 11 4 1 14 15 0 10 5 16'],
  [
    'sort(m)',
    '15 55 50 45 40 35 30 0 25 20 10 29 36 59 14 11 56 1 54 19 9 21 51 46 24 44 26 41 4 39 6 31 34 3 57 13 12 37 58 7 ' +
      '28 23 42 43 47 32 33 8 48 17 2 22 52 53 18 5 38 27 16 49',
  ],
  [
    'sort_desc(m)',
    '22 58 2 3 57 53 52 7 8 48 47 43 12 13 42 37 33 17 18 32 28 23 46 41 24 59 26 1 4 29 56 31 19 54 34 6 36 51 9 39 ' +
      '44 21 14 11 30 25 0 10 20 40 45 50 35 15 55 38 49 27 16 5',
  ],
  ['topk(16, m{g="a"})', '12 8 7 17 13 2 3 18 9 1 4 11 6 14 19 0'],
  [
    'topk(40, m)',
    '28 48 37 8 17 3 33 58 32 13 18 22 7 52 53 47 57 43 42 12 2 23 9 21 41 19 51 26 4 29 14 1 36 6 11 46 34 24 31 39',
  ],
  ['bottomk(30, m)', '10 0 45 50 25 30 15 55 40 35 20 11 41 6 14 4 21 34 36 1 19 39 46 44 24 9 26 31 51 29'],
])('%s: equal values of long lists', async (query, expected) => {
  const { sink } = await askEngine(query, { at: 0 }, { queryable: many, functions: functionImplementations });
  expect(sink.series.map(({ labels }) => Number(labels.get('i'))).join(' ')).toBe(expected);
});
