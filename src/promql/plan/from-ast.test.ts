import { expect, test } from 'vitest';
import { functionImplementations } from '../functions/registry.ts';
import { ALL_PARSER_OPTIONS } from '../syntax/options.ts';
import { parseExpr } from '../syntax/parse.ts';
import { foldTree } from './fold-tree.ts';
import { planFromAst } from './from-ast.ts';

test('a call of tens of thousands of arguments looks while it is planned, and not only between them', () => {
  const names = Array.from({ length: 50_000 }, (_, i) => `"l${i}"`);
  const expr = parseExpr(`sort_by_label(x, ${names.join()})`, ALL_PARSER_OPTIONS);
  let between = 0;
  foldTree(
    expr,
    (each) => (each.kind === 'call' ? each.args : []),
    () => null,
    { look: () => between++ },
  );
  let looks = 0;
  const plan = planFromAst(expr, {
    times: { start: 0, end: 0, step: 0 },
    defaultSubqueryStepMs: () => 60_000,
    functions: functionImplementations,
    look: () => looks++,
  });
  expect(plan).toMatchObject({ kind: 'sortByLabel', input: { kind: 'instantSelect' } });
  expect(looks).toBeGreaterThan(between + 80);
});
