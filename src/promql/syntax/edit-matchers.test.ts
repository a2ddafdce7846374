import { expect, test } from 'vitest';
import { deleteMatcher, setMatcher } from './edit-matchers.ts';
import { ALL_PARSER_OPTIONS } from './options.ts';
import { parseExpr } from './parse.ts';
import { printExpr } from './print.ts';

const set = (text: string, name: string, value: string) =>
  printExpr(setMatcher(parseExpr(text, ALL_PARSER_OPTIONS), { type: '=', name, value }));
const without = (text: string, name: string) => printExpr(deleteMatcher(parseExpr(text, ALL_PARSER_OPTIONS), name));

test('setMatcher() reaches every selector, wherever it stands', () => {
  expect(
    set('-sum by (x) (rate(a{job=~"b"}[5m])) + topk(scalar(c), (max_over_time(d[1h:5m] @ end())))', 'job', 'new'),
  ).toBe(
    '-sum by (x) (rate(a{job="new"}[5m])) + topk(scalar(c{job="new"}), (max_over_time(d{job="new"}[1h:5m] @ end())))',
  );
});

test('setMatcher() replaces all matchers of the label', () => {
  expect(set('a{b!="1",b!="2",c="3"}', 'b', '4')).toBe('a{b="4",b="4",c="3"}');
});

test('deleteMatcher() takes all matchers of the label away', () => {
  expect(without('a{b!="1",c="3",b!="2"}[5m] offset 1m', 'b')).toBe('a{c="3"}[5m] offset 1m');
});

test('setMatcher() follows a chain of 10,000 operators', () => {
  const chain = Array.from({ length: 10_000 }, () => 'a').join(' + ');
  expect(set(chain, 'b', 'c')).toBe(chain.replaceAll('a', 'a{b="c"}'));
});
