import type { Expr } from '../syntax/ast.ts';
import type { Reference } from './plan.ts';
import { type QueryTimes, resolveDuration } from './resolve-duration.ts';

/**
 * When `info(expr)` looks at the info series: at the time that the first selector within `expr` looks at. The innermost
 * `@` on the way to it decides; offsets up to there add up.
 */
export function infoReference(expr: Expr, times: QueryTimes): Reference {
  const pending: { expr: Expr; subqueries: readonly (Expr & { kind: 'subquery' })[] }[] = [{ expr, subqueries: [] }];
  for (let visit = pending.pop(); visit !== undefined; visit = pending.pop()) {
    const node = visit.expr;
    const { subqueries } = visit;
    switch (node.kind) {
      case 'vectorSelector':
        return innermost([...subqueries, node], times);
      case 'matrixSelector':
        return innermost([...subqueries, node.selector], times);
      case 'subquery':
        pending.push({ expr: node.expr, subqueries: [...subqueries, node] });
        break;
      case 'paren':
      case 'unary':
        pending.push({ expr: node.expr, subqueries });
        break;
      case 'aggregate':
        if (node.param !== null) pending.push({ expr: node.param, subqueries });
        pending.push({ expr: node.expr, subqueries });
        break;
      case 'binary':
        pending.push({ expr: node.right, subqueries }, { expr: node.left, subqueries });
        break;
      case 'call':
        for (const argument of node.args.toReversed()) pending.push({ expr: argument, subqueries });
        break;
      default:
        break;
    }
  }
  return { offsetMs: 0, at: null };
}

/** `path` leads from the outermost subquery to the selector. */
function innermost(path: readonly (Expr & { kind: 'subquery' | 'vectorSelector' })[], times: QueryTimes): Reference {
  let offsetMs = 0;
  for (const { offset, at } of path.toReversed()) {
    if (offset !== null) offsetMs += resolveDuration(offset, times, 'any');
    if (at === null) continue;
    const fixed = at.kind === 'time' ? at.timestamp : at.kind === 'start' ? times.start : times.end;
    return { offsetMs, at: fixed };
  }
  return { offsetMs, at: null };
}
