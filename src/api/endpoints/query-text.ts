import type { Matcher } from '../../model/matcher.ts';
import { compareMoments, MAX_MOMENT, MIN_MOMENT, storageMs } from '../../model/timestamp.ts';
import type { Expr } from '../../promql/syntax/ast.ts';
import { exprToJson } from '../../promql/syntax/expr-to-json.ts';
import { parseExpr } from '../../promql/syntax/parse.ts';
import { prettyPrint } from '../../promql/syntax/pretty-print.ts';
import { walk } from '../../promql/syntax/walk.ts';
import { ApiError } from '../api-error.ts';
import type { Call } from '../call.ts';
import { type ApiResult, data } from '../envelope.ts';
import { seriesExemplarsJson } from '../exemplar-json.ts';
import { arrayJson, jsonText } from '../json.ts';
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

/** GET, POST /api/v1/query_exemplars: the exemplars of all series that the query's selectors read. */
export function queryExemplars(call: Call): ApiResult {
  const start = optionalTime(call.form, 'start', MIN_MOMENT);
  const end = optionalTime(call.form, 'end', MAX_MOMENT);
  if (compareMoments(end, start) < 0) {
    throw new ApiError('bad_data', 'end timestamp must not be before start timestamp');
  }
  const matcherSets = matcherSetsOf(parsed(call));
  if (matcherSets.length === 0) return { kind: 'nothing' };
  const range = { minTime: storageMs(start), maxTime: storageMs(end) };
  return data(arrayJson(call.deps.exemplars.exemplars(range, matcherSets).map(seriesExemplarsJson)));
}

function parsed({ form, deps }: Call): Expr {
  return syntaxErrors(() => parseExpr(form.get('query'), deps.settings.parser));
}

function matcherSetsOf(expr: Expr): (readonly Matcher[])[] {
  const sets: (readonly Matcher[])[] = [];
  walk(expr, (part) => {
    if (part.kind === 'vectorSelector') sets.push(part.matchers);
  });
  return sets;
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
