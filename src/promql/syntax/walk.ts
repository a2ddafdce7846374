import type { Binary, Expr } from './ast.ts';

/** The parts of an expression, in the order in which the reference visits them (an aggregate's vector comes first). */
function children(expr: Expr): readonly Expr[] {
  switch (expr.kind) {
    case 'number':
    case 'string':
    case 'vectorSelector':
      return NONE;
    case 'matrixSelector':
      return [expr.selector];
    case 'subquery':
    case 'paren':
    case 'unary':
      return [expr.expr];
    case 'call':
      return expr.args;
    case 'aggregate':
      return expr.param === null ? [expr.expr] : [expr.expr, expr.param];
    case 'binary':
      return [expr.left, expr.right];
  }
}

/** Calls `visit` for every node, parents before children, left before right; without recursion, so any depth is fine. */
export function walk(expr: Expr, visit: (expr: Expr) => void): void {
  const stack: Expr[] = [expr];
  for (let at = stack.pop(); at !== undefined; at = stack.pop()) {
    visit(at);
    const parts = children(at);
    for (let i = parts.length - 1; i >= 0; i--) stack.push(parts[i]!);
  }
}

/**
 * A left-deep chain of binary operators, outermost last: `a + b * c - d` gives the head `a` and the links `+` and `-`.
 * Such chains may be thousands of links long, so whoever walks a tree by recursion must take them in one loop.
 */
export function binaryChain(binary: Binary): { readonly head: Expr; readonly links: readonly Binary[] } {
  const links: Binary[] = [];
  let head: Expr = binary;
  while (head.kind === 'binary') {
    links.push(head);
    head = head.left;
  }
  return { head, links: links.reverse() };
}

/** `expr` without the parentheses around it. */
export function unwrapParens(expr: Expr): Expr {
  let inner = expr;
  while (inner.kind === 'paren') inner = inner.expr;
  return inner;
}

const NONE: readonly Expr[] = [];
