import type { Labels } from '../model/labels.ts';
import { type Matcher, SELECTOR_PATTERNS_SIZE_MAX } from '../model/matcher.ts';
import { compileRegex, RegexSyntaxError } from '../model/regex.ts';
import type { Slices } from '../std/slices.ts';
import type { TimeRange } from '../storage/query.ts';
import { ReadRefusal } from './read-refusal.ts';
import type { ReadMatcher, ReadQuery } from './read-request.ts';

/** A query as the local storage is asked. */
export interface LocalQuery {
  readonly range: TimeRange;
  readonly matchers: readonly Matcher[];
  /** The query's range ended before it began; `range` is turned round. */
  readonly isInverted: boolean;
  /** False: only which series there are is asked. */
  readonly wantsSamples: boolean;
}

/**
 * Queries with their matchers checked, all of them before the first is answered. The range of the hints, where there
 * are any, is the one that counts; one that ends before it begins finds series and no samples. An external label is on every series that leaves the server and on none that is
 * stored, so a matcher that asks for its value asks for its absence here. Throws `ReadRefusal`.
 */
export async function checkedMatchers(
  queries: readonly ReadQuery[],
  external: Labels,
  turns: Slices,
): Promise<LocalQuery[]> {
  const checked: LocalQuery[] = [];
  for (const { range: asked, hints, matchers } of queries) {
    const range = hints?.range ?? asked;
    const isInverted = range.minTime > range.maxTime;
    const local: Matcher[] = [];
    for (const matcher of matchers) {
      local.push(localMatcher(matcher, external));
      if (turns.isOver()) await turns.next();
    }
    checkSize(local);
    checked.push({
      range: isInverted ? { minTime: range.maxTime, maxTime: range.minTime } : range,
      isInverted,
      wantsSamples: !isInverted && hints?.func !== 'series',
      matchers: local,
    });
  }
  return checked;
}

function checkSize(matchers: readonly Matcher[]): void {
  let size = 0;
  for (const { type, value } of matchers) {
    if (type === '=~' || type === '!~') size += compileRegex(value).stepsPerUnit;
    if (size > SELECTOR_PATTERNS_SIZE_MAX) {
      throw new ReadRefusal(
        400,
        `the patterns of a query come to more than ${SELECTOR_PATTERNS_SIZE_MAX} instructions together`,
      );
    }
  }
}

function localMatcher({ type, name, value }: ReadMatcher, external: Labels): Matcher {
  if (type === null) throw new ReadRefusal(500, 'invalid matcher type');
  if (type === '=~' || type === '!~') {
    try {
      compileRegex(value);
    } catch (error) {
      if (error instanceof RegexSyntaxError) throw new ReadRefusal(500, error.message);
      throw error;
    }
  }
  return type === '=' && external.get(name) === value ? { type, name, value: '' } : { type, name, value };
}
