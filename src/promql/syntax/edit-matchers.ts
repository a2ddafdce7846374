import type { Matcher } from '../../model/matcher.ts';
import type { Expr, VectorSelector } from './ast.ts';
import { binaryChain } from './walk.ts';

/** The query with `matcher` in every selector, in the place of those for the same label. */
export function setMatcher(expr: Expr, matcher: Matcher): Expr {
  return editSelectors(expr, (matchers) =>
    matchers.some(({ name }) => name === matcher.name)
      ? matchers.map((old) => (old.name === matcher.name ? matcher : old))
      : [...matchers, matcher],
  );
}

/** The query without matchers for a label. A metric name written before the braces stays. */
export function deleteMatcher(expr: Expr, name: string): Expr {
  return editSelectors(expr, (matchers) => matchers.filter((matcher) => matcher.name !== name));
}

type Edit = (matchers: readonly Matcher[]) => readonly Matcher[];

function editSelectors(expr: Expr, edit: Edit): Expr {
  const again = (part: Expr) => editSelectors(part, edit);
  switch (expr.kind) {
    case 'number':
    case 'string':
      return expr;
    case 'vectorSelector':
      return editSelector(expr, edit);
    case 'matrixSelector':
      return { ...expr, selector: editSelector(expr.selector, edit) };
    case 'subquery':
    case 'paren':
    case 'unary':
      return { ...expr, expr: again(expr.expr) };
    case 'call':
      return { ...expr, args: expr.args.map(again) };
    case 'aggregate':
      return { ...expr, expr: again(expr.expr), param: expr.param === null ? null : again(expr.param) };
    case 'binary': {
      const { head, links } = binaryChain(expr);
      return links.reduce<Expr>((left, link) => ({ ...link, left, right: again(link.right) }), again(head));
    }
  }
}

function editSelector(selector: VectorSelector, edit: Edit): VectorSelector {
  return { ...selector, matchers: edit(selector.matchers) };
}
