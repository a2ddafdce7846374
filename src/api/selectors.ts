import type { Labels } from '../model/labels.ts';
import type { Matcher } from '../model/matcher.ts';
import { matcherPredicate, matchesEmpty } from '../model/matcher-predicate.ts';
import { PromqlSyntaxError } from '../promql/syntax/error.ts';
import { parseMetricSelector } from '../promql/syntax/parse.ts';
import { isParsedSoon } from '../query/parsed-text.ts';
import { ApiError, invalidParameter } from './api-error.ts';
import type { Call } from './call.ts';
import { parsedBeside } from './parsed-beside.ts';
import { slicesOf } from './slices.ts';

/**
 * The selectors of `match[]`, each once, each of which must name at least one thing that a series has to have. Mistakes are
 * reported with their place in the selector only; `series` puts the parameter's name before them.
 */
export async function selectors(call: Call, texts: readonly string[]): Promise<readonly (readonly Matcher[])[]> {
  const parsed = await parsedSelectors(call, texts);
  const slices = slicesOf(call);
  for (const matchers of parsed) {
    // The first of them tells of nearly every selector, and compiling all patterns takes long.
    if (!matchers.some((matcher) => !matchesEmpty(matcher))) {
      throw new ApiError('bad_data', 'match[] must contain at least one non-empty matcher');
    }
    if (slices.isOver()) await slices.next();
  }
  return parsed;
}

/** Selectors that may match everything, each once. There may be thousands, so that others get their turn meanwhile. */
export async function parsedSelectors(call: Call, texts: readonly string[]): Promise<readonly (readonly Matcher[])[]> {
  const slices = slicesOf(call);
  const parsed: (readonly Matcher[])[] = [];
  for (const text of new Set(texts)) {
    if (isParsedSoon(text)) parsed.push(parsedSelector(text));
    else {
      const json = await parsedBeside(call, text, 'selector', (message) => new ApiError('bad_data', message));
      parsed.push(JSON.parse(json) as Matcher[]);
    }
    if (slices.isOver()) await slices.next();
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
    throw asParameterError(parameter, error);
  }
}

/** A mistake as that of a parameter; other errors as they are. */
export function asParameterError(parameter: string, error: unknown): unknown {
  return error instanceof ApiError && error.type === 'bad_data' ? invalidParameter(parameter, error.message) : error;
}

/** Runs `parse` and tells syntax errors as bad data. */
function syntaxErrors<T>(parse: () => T): T {
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
