import { Labels, labelsFromPairs, METRIC_NAME } from '../../model/labels.ts';
import type { Expr } from '../syntax/ast.ts';

/**
 * The labels of what `absent(expr)` and `absent_over_time(expr)` give: those that a selector pins by one `=` matcher.
 * A label with several matchers, or with a matcher of another kind, is left out.
 */
export function absentLabels(expr: Expr): Labels {
  const selector = expr.kind === 'matrixSelector' ? expr.selector : expr;
  if (selector.kind !== 'vectorSelector') return Labels.EMPTY;
  const pinned = new Map<string, string | null>();
  for (const { name, type, value } of selector.matchers) {
    if (name === METRIC_NAME) continue;
    if (pinned.has(name)) pinned.set(name, null);
    else if (type === '=') pinned.set(name, value);
  }
  return labelsFromPairs([...pinned].flatMap(([name, value]) => (value === null ? [] : [name, value])));
}
