import { expect, it } from 'vitest';
import type { VectorMatching } from '../syntax/ast.ts';
import { isMatched, NAMES_MAX } from './known-matchers.ts';

function matchingOn(count: number): VectorMatching {
  const matchingLabels = Array.from({ length: count }, (_, i) => `l${i}`);
  return { card: 'one-to-one', on: true, matchingLabels, include: [], fillLeft: null, fillRight: null };
}

it('isMatched() does not look through lists of thousands of names', () => {
  expect(isMatched(matchingOn(NAMES_MAX), 'l7')).toBe(true);
  expect(isMatched(matchingOn(NAMES_MAX + 1), 'l7')).toBe(false);
  expect(isMatched({ ...matchingOn(NAMES_MAX + 1), on: false }, 'x')).toBe(false);
});
