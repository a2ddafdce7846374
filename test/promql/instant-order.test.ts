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
