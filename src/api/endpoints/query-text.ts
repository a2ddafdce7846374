import { compareMoments, MAX_MOMENT, MIN_MOMENT } from '../../model/timestamp.ts';
import type { Expr } from '../../promql/syntax/ast.ts';
import { exprToJson } from '../../promql/syntax/expr-to-json.ts';
import { parseExpr } from '../../promql/syntax/parse.ts';
import { prettyPrint } from '../../promql/syntax/pretty-print.ts';
import { walk } from '../../promql/syntax/walk.ts';
import { ApiError } from '../api-error.ts';
import type { Call } from '../call.ts';
import { type ApiResult, data } from '../envelope.ts';
import { jsonText } from '../json.ts';
import { optionalTime } from '../parameters.ts';
import { parameterErrors, syntaxErrors } from '../selectors.ts';

/** GET, POST /api/v1/parse_query: the syntax tree as the tree view of the reference's page reads it. */
export function parseQuery(call: Call): ApiResult {
  const expr = parameterErrors('query', () => parsed(call));
  return data(withinLimits(() => jsonText(exprToJson(expr))));
}

/** GET, POST /api/v1/format_query */
export function formatQuery(call: Call): ApiResult {
  const expr = parameterErrors('query', () => parsed(call));
  return data(withinLimits(() => jsonText(prettyPrint(expr))));
}

/**
 * GET, POST /api/v1/query_exemplars. Exemplars are logged but not kept for queries; the answer is that of a reference
 * that has no room for them.
 */
export function queryExemplars(call: Call): ApiResult {
  const start = optionalTime(call.form, 'start', MIN_MOMENT);
  const end = optionalTime(call.form, 'end', MAX_MOMENT);
  if (compareMoments(end, start) < 0) {
    throw new ApiError('bad_data', 'end timestamp must not be before start timestamp');
  }
  return readsSeries(parsed(call)) ? data('[]') : { kind: 'nothing' };
}

function parsed({ form, deps }: Call): Expr {
  return syntaxErrors(() => parseExpr(form.get('query'), deps.settings.parser));
}

function readsSeries(expr: Expr): boolean {
  let found = false;
  walk(expr, (part) => {
    found ||= part.kind === 'vectorSelector';
  });
  return found;
}

/** Texts that grow past all bounds, or trees deeper than can be printed, are a mistake of the query. */
function withinLimits<T>(render: () => T): T {
  try {
    return render();
  } catch (error) {
    if (error instanceof RangeError)
      throw new ApiError('execution', `the query is too large to be printed: ${error.message}`);
    throw error;
  }
}
