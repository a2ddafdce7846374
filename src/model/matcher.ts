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
