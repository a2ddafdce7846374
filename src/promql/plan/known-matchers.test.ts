import { expect, it } from 'vitest';
import type { VectorMatching } from '../syntax/ast.ts';
import { isMatched, knownMatchers, NAMES_MAX } from './known-matchers.ts';
import type { VectorPlan } from './plan.ts';

function matchingOn(count: number): VectorMatching {
  const matchingLabels = Array.from({ length: count }, (_, i) => `l${i}`);
  return { card: 'one-to-one', on: true, matchingLabels, include: [], fillLeft: null, fillRight: null };
}

it('isMatched() does not look through lists of thousands of names', () => {
  expect(isMatched(matchingOn(NAMES_MAX), 'l7')).toBe(true);
  expect(isMatched(matchingOn(NAMES_MAX + 1), 'l7')).toBe(false);
  expect(isMatched({ ...matchingOn(NAMES_MAX + 1), on: false }, 'x')).toBe(false);
});

it('knownMatchers() does not keep those of all joins for each of a chain', () => {
  const matching = { ...matchingOn(0), on: false };
  const chain = (count: number) => {
    const selectors = Array.from({ length: count }, (_, i) => {
      const matchers = [{ type: '=', name: 'id', value: `${i}` }];
      return { kind: 'instantSelect', matchers } as Partial<VectorPlan> as VectorPlan;
    });
    return selectors.reduce((left, right) => {
      const plan = { kind: 'vectorBinary', left, right, matching } as Partial<VectorPlan> as VectorPlan;
      knownMatchers(plan);
      return plan;
    });
  };
  expect(knownMatchers(chain(100))).toHaveLength(100);
  expect(knownMatchers(chain(1000)).length).toBeLessThan(200);
});
