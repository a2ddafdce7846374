import type { Labels } from '../model/labels.ts';
import type { Matcher } from '../model/matcher.ts';
import { matcherPredicate, matchesEmpty } from '../model/matcher-predicate.ts';
import { PromqlSyntaxError } from '../promql/syntax/error.ts';
import { parseMetricSelector } from '../promql/syntax/parse.ts';
import { ApiError, invalidParameter } from './api-error.ts';

/**
 * The selectors of `match[]`, each of which must name at least one thing that a series has to have. Mistakes are
 * reported with their place in the selector only; `series` puts the parameter's name before them.
 */
export function selectors(texts: readonly string[]): readonly (readonly Matcher[])[] {
  const parsed = texts.map(parsedSelector);
  for (const matchers of parsed) {
    if (matchers.every(matchesEmpty)) {
      throw new ApiError('bad_data', 'match[] must contain at least one non-empty matcher');
    }
  }
  return parsed;
}

/** A condition on label sets from one selector, for `match_target`. */
export function labelsPredicate(text: string, parameter: string): (labels: Labels) => boolean {
  const conditions = parameterErrors(parameter, () =>
    parsedSelector(text).map((matcher) => ({ name: matcher.name, holds: matcherPredicate(matcher) })),
  );
  return (labels) => conditions.every(({ name, holds }) => holds(labels.get(name)));
}

/** Runs `read` and tells its mistakes as those of a parameter. */
export function parameterErrors<T>(parameter: string, read: () => T): T {
  try {
    return read();
  } catch (error) {
    if (error instanceof ApiError && error.type === 'bad_data') throw invalidParameter(parameter, error.message);
    throw error;
  }
}

/** Runs `parse` and tells syntax errors as bad data. */
export function syntaxErrors<T>(parse: () => T): T {
  try {
    return parse();
  } catch (error) {
    if (error instanceof PromqlSyntaxError) throw new ApiError('bad_data', error.message, { cause: error });
    throw error;
  }
}

/** One selector, which may match everything. */
export function parsedSelector(text: string): readonly Matcher[] {
  return syntaxErrors(() => parseMetricSelector(text));
}
