import type { Matcher } from '../../model/matcher.ts';
import type { VectorSelector } from './ast.ts';

/**
 * The matchers of a selector, equal ones once: a text has room for 100,000, and each is looked at for every series. The parser has
 * made equal ones one object.
 */
export function differentMatchers({ matchers }: VectorSelector): readonly Matcher[] {
  const different = new Set(matchers);
  return different.size === matchers.length ? matchers : [...different];
}
