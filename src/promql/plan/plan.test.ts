import { describe, expect, test } from 'vitest';
import { fewFunctions } from '../../../test/support/few-functions.ts';
import { ALL_PARSER_OPTIONS } from '../syntax/options.ts';
import { parseExpr } from '../syntax/parse.ts';
import { planFromAst } from './from-ast.ts';
import { hoistStepInvariant } from './passes/hoist-step-invariant.ts';
import { type Plan, planInputs, withInputs } from './plan.ts';

const TIMES = { start: 60_000, end: 120_000, step: 15_000 };

function planOf(text: string, times = TIMES): Plan {
  const expr = parseExpr(text, ALL_PARSER_OPTIONS);
  return planFromAst(expr, { times, functions: fewFunctions, defaultSubqueryStepMs: () => 60_000, look: () => {} });
}

/** The kinds of a plan's parts: `sum(x)` -> `aggregate(instantSelect)`. */
function shape(plan: Plan): string {
  const inputs = planInputs(plan).map(shape);
  return inputs.length === 0 ? plan.kind : `${plan.kind}(${inputs.join(', ')})`;
}

describe('planFromAst()', () => {
  test.each([
    ['1 + 2', 'scalarBinary(number, number)'],
    ['x * -(2)', 'vectorScalar(instantSelect, negateScalar(number))'],
    ['2 - x', 'vectorScalar(number, instantSelect)'],
    ['sum(sum_over_time(x[5m:1m]))', 'aggregate(rangeCall(subquery(instantSelect)))'],
    ['topk(scalar(y), x and z)', 'aggregate(scalarOf(instantSelect), setOperation(instantSelect, instantSelect))'],
    ['timestamp((x))', 'instantSelect'],
    ['timestamp(abs(x))', 'timestamp(instantCall(instantSelect))'],
    ['hour()', 'instantCall(vectorOf(scalarCall))'],
    ['start()', 'number'],
  ])('%s', (text, expected) => {
    expect(shape(planOf(text))).toBe(expected);
  });

  test('resolves durations, @ and query parameters to numbers', () => {
    expect(planOf('x offset 1m @ end()')).toMatchObject({ offsetMs: 60_000, at: 120_000 });
    expect(planOf('x[step() * 2] offset -range()')).toMatchObject({ rangeMs: 30_000, offsetMs: -60_000 });
    expect(planOf('x[5m:]')).toMatchObject({ rangeMs: 300_000, stepMs: 60_000 });
    expect(planOf('start()')).toMatchObject({ value: 60 });
  });

  test('takes range() and step() as whole seconds plus the rest, as the reference does', () => {
    // 1 + 0.118 is less than 1.118.
    const odd = { start: 0, end: 1344, step: 1118 };
    expect(planOf('x[step()]', odd)).toMatchObject({ rangeMs: 1117 });
    expect(planOf('x offset range()', odd)).toMatchObject({ offsetMs: 1343 });
    expect(planOf('x[1118ms]', odd)).toMatchObject({ rangeMs: 1118 });
  });

  test('absent takes the labels that are pinned once', () => {
    const plan = planOf('absent(x{a="1", b="2", b="3", c=~"4", d=""})');
    expect(plan.kind === 'absent' && String(plan.labels)).toBe('{a="1"}');
    const others = planOf('absent(x{c="", b!="1", b="2", a="1", a!="2", a="3", d="1", d="1"})');
    expect(others.kind === 'absent' && String(others.labels)).toBe('{b="2"}');
  });

  test('equal matchers are looked at once, but for absent', () => {
    const once = [
      { type: '!=', name: 'a', value: '1' },
      { type: '=~', name: 'b', value: '2' },
      { type: '=', name: '__name__', value: 'x' },
    ];
    const equal = Array.from({ length: 5000 }, () => 'a!="1", b=~"2"').join();
    expect(planOf(`x{${equal}}`)).toMatchObject({ matchers: once });
    expect(planOf(`sum_over_time(x{${equal}}[5m])`)).toMatchObject({ input: { matchers: once } });
    const plan = planOf('absent(x{a="1", a="1", b="2"})');
    expect(plan.kind === 'absent' && String(plan.labels)).toBe('{b="2"}');
  });
});

describe('hoistStepInvariant()', () => {
  test.each([
    ['x', 'instantSelect'],
    ['x @ 1', 'invariantVector(instantSelect)'],
    ['sum(x @ 1) + y', 'vectorBinary(invariantVector(aggregate(instantSelect)), instantSelect)'],
    ['vector(1 + 2)', 'invariantVector(vectorOf(scalarBinary(number, number)))'],
    ['y + (1 + 2)', 'vectorScalar(instantSelect, invariantScalar(scalarBinary(number, number)))'],
    ['time()', 'scalarCall'],
    ['sum_over_time(x[5m] @ 1)', 'invariantVector(rangeCall(rangeSelect))'],
    ['sum_over_time(abs(x @ 1)[5m:1m])', 'rangeCall(subquery(invariantVector(instantCall(instantSelect))))'],
    ['sum_over_time(x[5m:1m] @ 1)', 'invariantVector(rangeCall(subquery(instantSelect)))'],
    ['topk(time(), x @ 1)', 'invariantVector(aggregate(invariantScalar(scalarCall), instantSelect))'],
    ['timestamp(x @ 1)', 'invariantVector(instantSelect)'],
    ['timestamp(abs(x @ 1))', 'timestamp(invariantVector(instantCall(instantSelect)))'],
    ['x[5m] @ 1', 'rangeSelect'],
    ['1', 'number'],
  ])('%s', (text, expected) => {
    expect(shape(hoistStepInvariant(planOf(text), () => {}))).toBe(expected);
  });
});

test('withInputs() puts every kind of plan together again', () => {
  const texts = [
    'topk(1, -x)',
    'abs(x) > 2',
    '2 < x',
    'x or y',
    'x + y',
    'scalar(x) + 1',
    'sum_over_time(x[1m:1s])',
    'sort(absent(x))',
  ];
  for (const text of texts) {
    const plan = planOf(text);
    expect(withInputs(plan, planInputs(plan))).toBe(plan);
    const inputs = planInputs(plan).map((input) => ({ ...input }));
    const other = withInputs(plan, inputs);
    expect(other).toEqual(plan);
    expect(planInputs(other)).toEqual(inputs);
    for (const [i, input] of planInputs(other).entries()) expect(input).toBe(inputs[i]);
  }
});
