import type { Matcher } from '../model/matcher.ts';
import { QueryError } from '../promql/exec/query-error.ts';
import { exprToJson } from '../promql/syntax/expr-to-json.ts';
import type { ParserOptions } from '../promql/syntax/options.ts';
import { parseExpr } from '../promql/syntax/parse.ts';
import { prettyPrint } from '../promql/syntax/pretty-print.ts';
import { walk } from '../promql/syntax/walk.ts';

/** What is wanted of a query's text: printed well, its syntax tree as JSON, or the matchers of all its selectors as JSON. */
export type ParsedForm = 'format' | 'tree' | 'selectors';

/** Longer texts take so long to parse and print that it is done in a query thread. */
export const PARSED_HERE_LENGTH_MAX = 1024;

/**
 * Parses a query's text and gives what is wanted of it. Throws `PromqlSyntaxError`, `QueryError` where the answer would be
 * too large, and what `look` throws, which is called now and then.
 */
export function parsedText(text: string, form: ParsedForm, options: ParserOptions, look: () => void): string {
  const expr = parseExpr(text, options, look);
  try {
    switch (form) {
      case 'format':
        return prettyPrint(expr);
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
