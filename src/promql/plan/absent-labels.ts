import { Labels, METRIC_NAME } from '../../model/labels.ts';
import type { Expr } from '../syntax/ast.ts';

/**
 * The labels of what `absent(expr)` and `absent_over_time(expr)` give: those that a selector pins by one `=` matcher.
 * A label with several matchers, or with a matcher of another kind, is left out.
 */
export function absentLabels(expr: Expr): Labels {
  const selector = expr.kind === 'matrixSelector' ? expr.selector : expr;
  if (selector.kind !== 'vectorSelector') return Labels.EMPTY;
  let labels = Labels.EMPTY;
  const seen = new Set<string>();
  for (const { name, type, value } of selector.matchers) {
    if (name === METRIC_NAME) continue;
    if (type === '=' && !seen.has(name)) {
      labels = labels.with(name, value);
      seen.add(name);
    } else labels = labels.without(name);
  }
  return labels;
}
