import type { Matcher } from '../model/matcher.ts';
import { regexSize } from '../model/regex-size.ts';
import { QueryError } from '../promql/exec/query-error.ts';
import { exprToJson } from '../promql/syntax/expr-to-json.ts';
import type { ParserOptions } from '../promql/syntax/options.ts';
import { parseExpr, parseMetricSelector, TEXT_BYTES_MAX } from '../promql/syntax/parse.ts';
import { prettyPrint } from '../promql/syntax/pretty-print.ts';
import { walk } from '../promql/syntax/walk.ts';

/**
 * What is wanted of a text: a query printed well, its syntax tree as JSON, or the matchers of all its selectors as JSON; or
 * the matchers of the one selector that the text is.
 */
export type ParsedForm = 'format' | 'tree' | 'selectors' | 'selector';

/** Longer texts take so long to parse and print that it is done in a query thread. */
const PARSED_HERE_LENGTH_MAX = 1024;

/** What makes a pattern larger than its text. */
const LARGE_PATTERN = /\{\d|\\[pP]/;
/** A text whose patterns come to more instructions takes more than some milliseconds to parse. */
const PATTERNS_SIZE_MAX = 2048;

/** Whether a text can be parsed, or refused, on the main thread within some milliseconds. */
export function isParsedSoon(text: string, lengthMax = PARSED_HERE_LENGTH_MAX): boolean {
  if (text.length > TEXT_BYTES_MAX) return true;
  if (text.length > lengthMax) return false;
  if (!LARGE_PATTERN.test(text)) return true;
  // Taken as a pattern, the text is no smaller than the patterns in it; in quotes they have their backslashes twice.
  const size = regexSize(text.replaceAll('\\\\', '\\'));
  return size !== 'invalid' && size <= PATTERNS_SIZE_MAX;
}

/**
 * Parses a query's text and gives what is wanted of it. Throws `PromqlSyntaxError`, `QueryError` where the answer would be
 * too large, and what `look` throws, which is called now and then.
 */
export function parsedText(text: string, form: ParsedForm, options: ParserOptions, look: () => void): string {
  if (form === 'selector') return JSON.stringify(parseMetricSelector(text, look));
  const expr = parseExpr(text, options, look);
  try {
    switch (form) {
      case 'format':
        return prettyPrint(expr, look);
      case 'tree':
        return JSON.stringify(exprToJson(expr));
      case 'selectors': {
        const sets: (readonly Matcher[])[] = [];
        walk(expr, (part) => {
          if (part.kind === 'vectorSelector') sets.push(part.matchers);
        });
        return JSON.stringify(sets);
      }
    }
  } catch (error) {
    // Texts that grow past all bounds, and trees deeper than can be printed.
    if (!(error instanceof RangeError)) throw error;
    throw new QueryError('execution', `the query is too large to be printed: ${error.message}`);
  }
}
