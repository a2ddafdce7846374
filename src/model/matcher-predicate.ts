import type { Matcher } from './matcher.ts';
import { compileRegex } from './regex.ts';

/** The condition of a matcher on a label's value; an absent label is the empty string. Throws `RegexSyntaxError`. */
export function matcherPredicate(matcher: Matcher): (value: string) => boolean {
  const { value: wanted } = matcher;
  switch (matcher.type) {
    case '=':
      return (value) => value === wanted;
    case '!=':
      return (value) => value !== wanted;
    case '=~':
      return compileRegex(wanted).matches;
    case '!~': {
      const { matches } = compileRegex(wanted);
      return (value) => !matches(value);
    }
  }
}

/** True where a series without the label meets the condition. Throws `RegexSyntaxError`. */
export function matchesEmpty(matcher: Matcher): boolean {
  return matcherPredicate(matcher)('');
}
