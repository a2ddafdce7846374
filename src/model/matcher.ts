/** How a matcher compares a label's value. */
export type MatchType = '=' | '!=' | '=~' | '!~';

/**
 * One condition on one label. An absent label counts as the empty string. For `=~` and `!~`, `value` is an RE2 pattern
 * that is anchored at both ends and whose `.` matches a newline; `model/regex.ts` compiles it.
 */
export interface Matcher {
  readonly type: MatchType;
  readonly name: string;
  readonly value: string;
}

/** Different matchers of one selector: each may look at every series there is. */
export const SELECTOR_MATCHERS_MAX = 1000;
/** What the patterns of one selector compile to, in instructions: they are all in memory while series are chosen, 10 MB. */
export const SELECTOR_PATTERNS_SIZE_MAX = 100_000;
