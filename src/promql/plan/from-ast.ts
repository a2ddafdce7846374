import { goQuote } from '../../model/labels.ts';
import type { Matcher } from '../../model/matcher.ts';
import { EvaluationError, type FunctionImplementation, type FunctionRegistry } from '../functions/contracts.ts';
import type {
  Aggregate,
  AtModifier,
  Binary,
  Call,
  Expr,
  MatrixSelector,
  PositionRange,
  Subquery,
  VectorMatching,
  VectorSelector,
} from '../syntax/ast.ts';
import { differentMatchers } from '../syntax/different-matchers.ts';
import { unwrapParens } from '../syntax/walk.ts';
import { absentLabels } from './absent-labels.ts';
import { readOnFirstStep } from './first-step.ts';
import { foldTree, type Look } from './fold-tree.ts';
import { infoReference } from './info-reference.ts';
import { NAMES_MAX } from './known-matchers.ts';
import {
  type CallSite,
  type InstantSelectPlan,
  isScalarPlan,
  type Plan,
  type RangePlan,
  type RangeSelectPlan,
  type ScalarPlan,
  type SelectHints,
  type VectorPlan,
} from './plan.ts';
import { askedTimes, type QueryTimes, resolveDuration } from './resolve-duration.ts';

export interface PlanOptions {
  readonly times: QueryTimes;
  readonly functions: FunctionRegistry;
  /** Step (ms) of a subquery that names none. */
  readonly defaultSubqueryStepMs: (rangeMs: number) => number;
  readonly look: Look;
}

/**
 * The plan of a type-checked expression, before any pass.
 *
 * @throws EvaluationError where a function is missing or may not be used like this; PlanError where a duration has no
 * usable value, unless `checkDurations` was called before.
 */
export function planFromAst(root: Expr, options: PlanOptions): Plan {
  const plan = foldTree<Expr, Plan>(root, evaluatedChildren, (expr, inputs) => planNode(expr, inputs, options), {
    look: options.look,
  });
  return readOnFirstStep(plan, options.look);
}

/** Checks every duration of an expression; of several bad ones the first in the text is reported. */
export function checkDurations(root: Expr, times: QueryTimes, look: Look): void {
  foldTree<Expr, null>(
    root,
    (expr) => (expr.kind === 'call' ? expr.args : evaluatedChildren(expr)),
    () => null,
    { enter: (expr) => checkOwnDurations(expr, times), look },
  );
}

const NOTHING: readonly Expr[] = [];

function evaluatedChildren(expr: Expr): readonly Expr[] {
  switch (expr.kind) {
    case 'subquery':
    case 'paren':
    case 'unary':
      return [expr.expr];
    case 'call':
      if (readsSelectorItself(expr)) return NOTHING;
      return expr.func === 'info' ? expr.args.slice(0, 1) : expr.args;
    case 'aggregate':
      return expr.param === null ? [expr.expr] : [expr.param, expr.expr];
    case 'binary':
      return [expr.left, expr.right];
    default:
      return NOTHING;
  }
}

/** `timestamp` of a selector is about the stored sample, so it is no function over values. */
function readsSelectorItself(call: Call): boolean {
  if (call.func !== 'timestamp' && call.func !== 'start_timestamp') return false;
  const argument = call.args[0];
  return argument !== undefined && unwrapParens(argument).kind === 'vectorSelector';
}

function checkOwnDurations(expr: Expr, times: QueryTimes): void {
  if (expr.kind === 'matrixSelector') {
    resolveDuration(expr.range, times, 'positive');
    if (expr.selector.offset !== null) resolveDuration(expr.selector.offset, times, 'any');
  } else if (expr.kind === 'vectorSelector' && expr.offset !== null) resolveDuration(expr.offset, times, 'any');
  else if (expr.kind === 'subquery') {
    if (expr.offset !== null) resolveDuration(expr.offset, times, 'any');
    if (expr.step !== null) resolveDuration(expr.step, times, 'positive');
    resolveDuration(expr.range, times, 'positive');
  }
}

function planNode(expr: Expr, inputs: readonly Plan[], options: PlanOptions): Plan {
  switch (expr.kind) {
    case 'number':
      return { kind: 'number', value: expr.value };
    case 'string':
      return { kind: 'string', value: expr.value };
    case 'vectorSelector':
      return instantSelect(expr, expr.smoothed ? 'smoothed' : 'value', options.times);
    case 'matrixSelector':
      return rangeSelect(expr, options.times);
    case 'subquery':
      return subquery(expr, inputs[0] as VectorPlan, options);
    case 'paren':
      return inputs[0]!;
    case 'unary': {
      const input = inputs[0]!;
      if (expr.op === '+') return input;
      if (isScalarPlan(input)) return { kind: 'negateScalar', input };
      return { kind: 'negateVector', input: input as VectorPlan };
    }
    case 'call':
      return call(expr, inputs, options);
    case 'aggregate':
      return aggregate(expr, inputs);
    case 'binary':
      return binary(expr, inputs[0]!, inputs[1]!);
  }
}

const NO_MATCHERS: readonly Matcher[] = [];
const NO_HINTS: SelectHints = { statisticsOnly: false, labels: 'all', isShared: false };

function instantSelect(
  selector: VectorSelector,
  take: InstantSelectPlan['take'],
  times: QueryTimes,
): InstantSelectPlan {
  return {
    kind: 'instantSelect',
    matchers: differentMatchers(selector),
    floatMatchers: NO_MATCHERS,
    offsetMs: selector.offset === null ? 0 : resolveDuration(selector.offset, times, 'any'),
    at: resolveAt(selector.at, times),
    take,
    ...NO_HINTS,
    position: selector.position,
  };
}

function rangeSelect(expr: MatrixSelector, times: QueryTimes): RangeSelectPlan {
  const { selector } = expr;
  return {
    kind: 'rangeSelect',
    matchers: differentMatchers(selector),
    floatMatchers: NO_MATCHERS,
    offsetMs: selector.offset === null ? 0 : resolveDuration(selector.offset, times, 'any'),
    at: resolveAt(selector.at, times),
    rangeMs: resolveDuration(expr.range, times, 'positive'),
    extension: selector.anchored ? 'anchored' : selector.smoothed ? 'smoothed' : 'none',
    ...NO_HINTS,
    position: expr.position,
  };
}

function subquery(expr: Subquery, input: VectorPlan, options: PlanOptions): Plan {
  const rangeMs = resolveDuration(expr.range, options.times, 'positive');
  const writtenStepMs = expr.step === null ? 0 : resolveDuration(expr.step, options.times, 'positive');
  return {
    kind: 'subquery',
    input,
    rangeMs,
    stepMs: writtenStepMs === 0 ? options.defaultSubqueryStepMs(rangeMs) : writtenStepMs,
    offsetMs: expr.offset === null ? 0 : resolveDuration(expr.offset, options.times, 'any'),
    at: resolveAt(expr.at, options.times),
    position: expr.position,
  };
}

function resolveAt(at: AtModifier | null, times: QueryTimes): number | null {
  if (at === null) return null;
  if (at.kind === 'time') return at.timestamp;
  return at.kind === 'start' ? times.start : times.end;
}

function call(expr: Call, inputs: readonly Plan[], options: PlanOptions): Plan {
  const implementation = options.functions[expr.func];
  if (implementation === undefined) throw new EvaluationError(`${expr.func} is not supported yet`);
  const site: CallSite = {
    func: expr.func,
    position: expr.position,
    argPositions: positionsOf(expr.args, options.look),
  };
  const { args, strings, vector } = byKind(inputs, options.look);
  switch (implementation.kind) {
    case 'range':
      return rangeCall(site, implementation, inputs[implementation.rangeArgument] as RangePlan, args);
    case 'instant':
      return { kind: 'instantCall', call: site, run: implementation.run, input: vector ?? timeVector(options), args };
    case 'scalar':
      return { kind: 'scalarCall', call: site, run: implementation.run, args };
    case 'labels':
      return { kind: 'labelCall', call: site, run: implementation.run, strings, input: vector! };
    case 'histogram': {
      const { run, vectorArgument } = implementation;
      return { kind: 'histogramCall', call: site, run, vectorArgument, input: vector!, args };
    }
    case 'histogramQuantiles': {
      const label = strings[0]!;
      return { kind: 'histogramQuantiles', call: site, run: implementation.run, label, input: vector!, args };
    }
    case 'sortByValue':
      return { kind: 'sortByValue', call: site, descending: implementation.descending, input: vector! };
    case 'sortByLabel':
      return { kind: 'sortByLabel', call: site, compare: implementation.compare, names: strings, input: vector! };
    case 'engine':
      return engineCall(expr, site, inputs, options);
  }
}

/** Arguments between two looks; there may be hundreds of thousands. */
const ARGUMENTS_PER_LOOK = 1024;

function positionsOf(args: readonly Expr[], look: Look): PositionRange[] {
  const positions: PositionRange[] = [];
  for (const argument of args) {
    positions.push(unwrapParens(argument).position);
    if (positions.length % ARGUMENTS_PER_LOOK === 0) look();
  }
  return positions;
}

interface Arguments {
  readonly args: readonly ScalarPlan[];
  readonly strings: readonly string[];
  /** The first that is neither. */
  readonly vector: VectorPlan | undefined;
}

function byKind(inputs: readonly Plan[], look: Look): Arguments {
  const args: ScalarPlan[] = [];
  const strings: string[] = [];
  let vector: VectorPlan | undefined;
  for (const [i, input] of inputs.entries()) {
    if (isScalarPlan(input)) args.push(input);
    else if (input.kind === 'string') strings.push(input.value);
    else vector ??= input as VectorPlan;
    if (i % ARGUMENTS_PER_LOOK === ARGUMENTS_PER_LOOK - 1) look();
  }
  return { args, strings, vector };
}

/** What a calendar function without argument is applied to. */
function timeVector(options: PlanOptions): VectorPlan {
  const time = options.functions['time'];
  if (time?.kind !== 'scalar') throw new EvaluationError('time is not supported yet');
  const nowhere = { start: 0, end: 0 };
  const site: CallSite = { func: 'time', position: nowhere, argPositions: [] };
  return { kind: 'vectorOf', input: { kind: 'scalarCall', call: site, run: time.run, args: [] } };
}

/**
 * What functions say of a subquery's samples has no place of its own: clients see the beginning of the query. The end is
 * that of the call, after everything within.
 */
function inputSite(site: CallSite, rangeArgument: number, input: RangePlan): CallSite {
  if (input.kind !== 'subquery') return site;
  return { ...site, argPositions: site.argPositions.with(rangeArgument, { start: 0, end: site.position.end }) };
}

function rangeCall(
  site: CallSite,
  implementation: FunctionImplementation & { kind: 'range' },
  input: RangePlan,
  args: readonly ScalarPlan[],
): Plan {
  const { run, keepsName, rangeArgument } = implementation;
  return { kind: 'rangeCall', call: inputSite(site, rangeArgument, input), run, keepsName, input, args };
}

function engineCall(expr: Call, site: CallSite, inputs: readonly Plan[], options: PlanOptions): Plan {
  const { times } = options;
  const first = expr.args[0] === undefined ? null : unwrapParens(expr.args[0]);
  switch (expr.func) {
    case 'start':
      return { kind: 'number', value: askedTimes(times).start / 1000 };
    case 'end':
      return { kind: 'number', value: askedTimes(times).end / 1000 };
    case 'range':
      return { kind: 'number', value: askedTimes(times).range };
    case 'step':
      return { kind: 'number', value: askedTimes(times).range === 0 ? 0 : askedTimes(times).step };
    case 'vector':
      return { kind: 'vectorOf', input: inputs[0] as ScalarPlan };
    case 'scalar':
      return { kind: 'scalarOf', input: inputs[0] as VectorPlan };
    case 'absent':
      return { kind: 'absent', labels: absentLabels(first!), input: inputs[0] as VectorPlan };
    case 'absent_over_time':
      return { kind: 'absentOverTime', call: site, labels: absentLabels(first!), input: inputs[0] as RangePlan };
    case 'timestamp':
    case 'start_timestamp': {
      const take = expr.func === 'timestamp' ? 'time' : 'startTime';
      if (first?.kind === 'vectorSelector') return instantSelect(first, take, times);
      return { kind: 'timestamp', input: inputs[0] as VectorPlan, take };
    }
    case 'info': {
      const selector = expr.args[1] === undefined ? null : unwrapParens(expr.args[1]);
      return {
        kind: 'info',
        call: site,
        input: inputs[0] as VectorPlan,
        matchers: selector?.kind === 'vectorSelector' ? differentMatchers(selector) : null,
        ...infoReference(first!, times),
      };
    }
    default:
      throw new EvaluationError(`${expr.func} is not supported yet`);
  }
}

function aggregate(expr: Aggregate, inputs: readonly Plan[]): Plan {
  const param = expr.param === null ? null : inputs[0]!;
  const valueLabel = param?.kind === 'string' ? param.value : '';
  if (expr.op === 'count_values' && (valueLabel === '' || !valueLabel.isWellFormed())) {
    throw new EvaluationError(`invalid label name ${goQuote(valueLabel)}`);
  }
  return {
    kind: 'aggregate',
    op: expr.op,
    input: inputs.at(-1) as VectorPlan,
    param: param !== null && isScalarPlan(param) ? param : null,
    valueLabel,
    grouping: expr.grouping,
    without: expr.without,
    position: expr.position,
    inputPosition: unwrapParens(expr.expr).position,
    paramPosition: expr.param === null ? expr.position : unwrapParens(expr.param).position,
  };
}

function binary(expr: Binary, left: Plan, right: Plan): Plan {
  const { op, position, returnBool } = expr;
  const scalarOp = op as Exclude<typeof op, 'and' | 'or' | 'unless'>;
  if (isScalarPlan(left) && isScalarPlan(right)) {
    if (op === '</' || op === '>/') {
      throw new EvaluationError(`operator "${op}" not allowed for Scalar operations`);
    }
    return { kind: 'scalarBinary', op: scalarOp as Exclude<typeof scalarOp, '</' | '>/'>, left, right };
  }
  if (isScalarPlan(left) || isScalarPlan(right)) {
    const scalarLeft = isScalarPlan(left);
    const vector = (scalarLeft ? right : left) as VectorPlan;
    const scalar = (scalarLeft ? left : right) as ScalarPlan;
    return { kind: 'vectorScalar', op: scalarOp, vector, scalar, scalarLeft, returnBool, position };
  }
  const vectors = { left: left as VectorPlan, right: right as VectorPlan };
  const matching = expr.matching!;
  if (op === 'or') return union(vectors.left, vectors.right, matching);
  if (op === 'and' || op === 'unless') return { kind: 'setOperation', op, ...vectors, matching };
  return { kind: 'vectorBinary', op, ...vectors, matching, returnBool, position };
}

/**
 * `a or b or c` is one union. `left` is of this plan and has no other place in it, so what stands on its right joins its list: of thousands
 * of links each would else copy those before it.
 */
function union(left: VectorPlan, right: VectorPlan, matching: VectorMatching): VectorPlan {
  if (left.kind !== 'union' || !isSameMatching(left.matching, matching)) {
    return { kind: 'union', inputs: [left, right], matching };
  }
  (left.inputs as VectorPlan[]).push(right);
  return left;
}

function isSameMatching(a: VectorMatching, b: VectorMatching): boolean {
  if (a === b) return true;
  const { length } = a.matchingLabels;
  // Long lists are equal in hostile queries alone.
  if (a.on !== b.on || length !== b.matchingLabels.length || length > NAMES_MAX) return false;
  return a.matchingLabels.every((name, i) => name === b.matchingLabels[i]);
}
