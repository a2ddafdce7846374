import { foldTree } from '../plan/fold-tree.ts';
import {
  isRangePlan,
  isScalarPlan,
  type Plan,
  planInputs,
  type SharedScalarPlan,
  type SharedVectorPlan,
} from '../plan/plan.ts';
import { gridEnd } from '../steps/grid.ts';
import { isArithmetic } from '../syntax/operators.ts';
import { buildAggregate } from './aggregate/build-aggregate.ts';
import { NegateVector } from './binary/negate.ts';
import { SetOperation } from './binary/set-operation.ts';
import { Union } from './binary/union.ts';
import { VectorBinary } from './binary/vector-binary.ts';
import { VectorScalar } from './binary/vector-scalar.ts';
import { Absent, AbsentOverTime } from './call/absent.ts';
import { DropNames } from './call/drop-names.ts';
import { HistogramCall } from './call/histogram-call.ts';
import { InfoCall } from './call/info-call.ts';
import { InstantCall } from './call/instant-call.ts';
import { LabelCall } from './call/label-call.ts';
import { RangeCall } from './call/range-call.ts';
import { compareAscending, compareDescending, Sort, type SortRow } from './call/sort.ts';
import { Timestamp } from './call/timestamp.ts';
import { checkExtension } from './check-extension.ts';
import type { QueryContext } from './context.ts';
import { EMPTY_RANGE, EMPTY_SCALAR, EMPTY_VECTOR } from './empty-vector.ts';
import { InvariantVector } from './invariant-vector.ts';
import { DetachedScalar, MaterializedVector } from './materialized.ts';
import { type DuplicateRule, MergeDuplicates } from './merge-duplicates.ts';
import { namesStayDistinct } from './names-stay-distinct.ts';
import type { Operators, RangeOperator, ScalarOperator, VectorOperator } from './operator.ts';
import { tooManyStepsError } from './query-error.ts';
import {
  Constant,
  InvariantScalar,
  NegateScalar,
  ScalarBinary,
  ScalarCall,
  ScalarOf,
} from './scalar/scalar-operators.ts';
import { VectorOf } from './scalar/vector-of.ts';
import type { Scope } from './scope.ts';
import { InstantSelector } from './select/instant-selector.ts';
import { RangeSelector } from './select/range-selector.ts';
import { SmoothedSelector } from './select/smoothed-selector.ts';
import { Subquery, subqueryGrid } from './select/subquery.ts';
import { SharedScalar, SharedVector, SharedVectorReader } from './shared.ts';

/**
 * Turns a plan into operators. Selectors are noted in `context.selections`, and must be answered before the operators
 * run.
 */
export function buildOperators(plan: Plan, scope: Scope, context: QueryContext): Operators {
  const root: Node = { plan, scope, isRoot: true };
  return foldTree<Node, Built>(
    root,
    (node) => inputNodes(node, context),
    (node, inputs) => {
      const make = () => buildNode(node, inputs, context);
      return context.probe === null ? make() : context.probe.build(node.plan, make);
    },
    { look: () => context.budget.check() },
  );
}

/** A plan and the grid that it runs on. */
interface Node {
  readonly plan: Plan;
  readonly scope: Scope;
  readonly isRoot: boolean;
}

interface Built extends Operators {
  /** Operators below one another down to the next that holds its input. */
  readonly depth: number;
  readonly namesStayDistinct: boolean;
}

/**
 * A column of so many steps is filled in about 100 ms, and not every function looks at the clock meanwhile. A subquery
 * with more fails: it is some 8 months in steps of a second.
 */
const SUBQUERY_STEPS_MAX = 20_000_000;

/** Longer chains of operators are cut by one that holds its input, so that no chain exhausts the call stack. */
const DEPTH_MAX = 200;

function inputNodes(node: Node, { budget, shared }: QueryContext): readonly Node[] {
  const { plan, scope } = node;
  if (scope.grid.count === 0) return [];
  if (plan.kind === 'sharedVector' || plan.kind === 'sharedScalar') {
    // The first of its places brings its operators; those after it find them.
    if (shared.has(plan.number)) return [];
  }
  const inner = innerScope(node);
  return planInputs(plan).map((input) => ({ plan: input, scope: inner, isRoot: false }));
  function innerScope({ isRoot }: Node): Scope {
    if (plan.kind === 'invariantVector' || plan.kind === 'invariantScalar') return singleStep(scope);
    if (plan.kind !== 'subquery') return scope;
    const grid = subqueryGrid(plan, scope.grid);
    if (grid.count > SUBQUERY_STEPS_MAX) throw tooManyStepsError(grid.count, SUBQUERY_STEPS_MAX);
    // What each of its steps counts for the statistics.
    budget.takeBytes(16 * grid.count);
    const end = (plan.at ?? gridEnd(scope.grid)) - plan.offsetMs;
    const role = isRoot
      ? ({ kind: 'answer' } as const)
      : ({ kind: 'windows', offsetMs: plan.offsetMs, rangeMs: plan.rangeMs } as const);
    return { grid, isInstant: grid.start === end, counts: scope.counts.child(grid, role) };
  }
}

function singleStep(scope: Scope): Scope {
  const grid = { start: scope.grid.start, step: scope.grid.step, count: 1 };
  return { grid, isInstant: true, counts: scope.counts.child(grid, { kind: 'invariant' }) };
}

function buildNode(node: Node, inputs: readonly Built[], context: QueryContext): Built {
  const { plan, scope } = node;
  context.size.operators++;
  context.size.steps += scope.grid.count;
  if ((plan.kind === 'sharedVector' || plan.kind === 'sharedScalar') && scope.grid.count > 0) {
    return buildReader(plan, inputs[0], scope.grid.count, context);
  }
  const isDistinct = namesStayDistinct(
    plan,
    inputs.map((input) => input.namesStayDistinct),
  );
  const depth = 1 + inputs.reduce((most, input) => Math.max(most, input.depth), 0);
  const isDeep = depth > DEPTH_MAX;
  const common = { vector: null, scalar: null, range: null, depth: isDeep ? 1 : depth, namesStayDistinct: isDistinct };
  if (plan.kind === 'string') return common;
  if (isScalarPlan(plan)) {
    const scalar = scope.grid.count === 0 ? EMPTY_SCALAR : buildScalar(node, inputs, context);
    return { ...common, scalar: isDeep ? new DetachedScalar(scalar) : scalar };
  }
  if (isRangePlan(plan)) {
    const range = scope.grid.count === 0 ? EMPTY_RANGE : buildRange(node, inputs, context);
    return { ...common, depth, range };
  }
  if (scope.grid.count === 0) return { ...common, vector: EMPTY_VECTOR };
  const bare = buildVector(node, inputs, context);
  const rule = duplicateRule(plan, scope.isInstant, context);
  const vector = rule === null ? bare : mergeDuplicates(bare, rule);
  return { ...common, vector: isDeep ? new MaterializedVector(vector, context) : vector };

  function mergeDuplicates(input: VectorOperator, { among, byNamesAlone }: Duplicates): VectorOperator {
    const unless = byNamesAlone && isDistinct ? context.dropped : null;
    return new MergeDuplicates(input, among, scope.isInstant, context.budget, unless);
  }
}

/** A reader of a shared part; `input` is its operators where they are not known yet. */
function buildReader(
  { number }: SharedVectorPlan | SharedScalarPlan,
  input: Built | undefined,
  count: number,
  context: QueryContext,
): Built {
  let part = context.shared.get(number);
  if (part === undefined) {
    const { vector, scalar, namesStayDistinct: isDistinct } = input!;
    part = {
      vector: vector === null ? null : new SharedVector(vector, context.budget),
      scalar: scalar === null ? null : new SharedScalar(scalar),
      namesStayDistinct: isDistinct,
    };
    context.shared.set(number, part);
  }
  const { vector, scalar, namesStayDistinct: isDistinct } = part;
  return {
    vector: vector === null ? null : new SharedVectorReader(vector, count, context.budget),
    scalar,
    range: null,
    depth: 1,
    namesStayDistinct: isDistinct,
  };
}

function buildScalar(node: Node, inputs: readonly Built[], context: QueryContext): ScalarOperator {
  const { scope } = node;
  const { count } = scope.grid;
  const plan = node.plan;
  const scalars = inputs.flatMap(({ scalar }) => (scalar === null ? [] : [scalar]));
  switch (plan.kind) {
    case 'number':
      return new Constant(plan.value, count, context.budget);
    case 'scalarCall':
      return new ScalarCall(plan, scalars, scope, context);
    case 'scalarOf':
      return new ScalarOf(inputs[0]!.vector!, scope, context);
    case 'scalarBinary':
      return new ScalarBinary(plan.op, scalars[0]!, scalars[1]!, context.budget);
    case 'negateScalar':
      return new NegateScalar(scalars[0]!, context.budget);
    case 'invariantScalar':
      return new InvariantScalar(scalars[0]!, count, context.budget);
    default:
      throw new TypeError(`No scalar operator for ${plan.kind}`);
  }
}

function buildRange(node: Node, inputs: readonly Built[], context: QueryContext): RangeOperator {
  const { plan, scope } = node;
  if (plan.kind === 'rangeSelect') return new RangeSelector(plan, scope, context);
  if (plan.kind === 'subquery') {
    return new Subquery(plan, scope.grid, subqueryGrid(plan, scope.grid), inputs[0]!.vector!, context.budget);
  }
  throw new TypeError(`No range operator for ${plan.kind}`);
}

function buildVector(node: Node, inputs: readonly Built[], context: QueryContext): VectorOperator {
  const { plan, scope } = node;
  const { count } = scope.grid;
  const last = inputs.at(-1);
  const scalars = inputs.flatMap(({ scalar }) => (scalar === null ? [] : [scalar]));
  switch (plan.kind) {
    case 'instantSelect':
      if (plan.take === 'smoothed') return new SmoothedSelector(plan, scope, context);
      if (plan.take === 'value') return new InstantSelector(plan, scope, context);
      return new DropNames(new InstantSelector(plan, scope, context), context);
    case 'rangeCall':
      checkExtension(plan.call.func, plan.input);
      return new RangeCall(plan, last!.range!, scalars, scope, context);
    case 'absentOverTime':
      checkExtension(plan.call.func, plan.input);
      return new AbsentOverTime(plan.labels, last!.range!, scope, context);
    case 'instantCall':
      return new InstantCall(plan, last!.vector!, scalars, scope, context);
    case 'timestamp':
      return new Timestamp(plan, last!.vector!, scope, context);
    case 'labelCall':
      return new LabelCall(plan, last!.vector!, context.budget);
    case 'histogramCall':
    case 'histogramQuantiles':
      return new HistogramCall(plan, last!.vector!, scalars, scope, context);
    case 'sortByValue':
      return sort(node, last!.vector!, context, true, plan.descending ? compareDescending : compareAscending, 0);
    case 'sortByLabel': {
      const { compare, names } = plan;
      const compareRows = (a: SortRow, b: SortRow) => compare(a.labels, b.labels, names);
      return sort(node, last!.vector!, context, false, compareRows, 1 + names.length);
    }
    case 'absent':
      return new Absent(plan.labels, last!.vector!, scope, context);
    case 'info':
      return new InfoCall(plan, last!.vector!, scope, context);
    case 'vectorOf':
      return new VectorOf(last!.scalar!);
    case 'aggregate':
      return buildAggregate(plan, scalars[0] ?? null, last!.vector!, scope, context);
    case 'vectorBinary':
      return new VectorBinary(plan, inputs[0]!.vector!, inputs[1]!.vector!, scope, context);
    case 'setOperation':
      return new SetOperation(plan, inputs[0]!.vector!, inputs[1]!.vector!, context);
    case 'union':
      return new Union(
        plan.matching,
        inputs.map(({ vector }) => vector!),
        context,
      );
    case 'vectorScalar':
      return new VectorScalar(plan, inputs[plan.scalarLeft ? 1 : 0]!.vector!, scalars[0]!, count, context);
    case 'negateVector':
      return new NegateVector(last!.vector!, context);
    case 'invariantVector':
      return new InvariantVector(last!.vector!, count, context);
    default:
      throw new TypeError(`No vector operator for ${plan.kind}`);
  }
}

function sort(
  { plan, scope }: Node,
  input: VectorOperator,
  context: QueryContext,
  floatsOnly: boolean,
  compare: (a: SortRow, b: SortRow) => number,
  labelCount: number,
): VectorOperator {
  if (scope.isInstant) return new Sort(input, context, floatsOnly, compare, labelCount);
  if (plan.kind === 'sortByValue' || plan.kind === 'sortByLabel') {
    context.annotations.warn(
      'sort is ineffective for range queries since results are always ordered by labels',
      plan.call.position,
    );
  }
  return new Sort(input, context, floatsOnly, null, labelCount);
}

/** How to treat series that an operator's output may have twice. */
interface Duplicates {
  readonly among: DuplicateRule;
  /** There can be some only because metric names were dropped, with or without type and unit. */
  readonly byNamesAlone: boolean;
}

/** What an operator's output may have twice; null: nothing. */
function duplicateRule(plan: Plan, isInstant: boolean, { features }: QueryContext): Duplicates | null {
  const always: Duplicates = { among: 'sharedStep', byNamesAlone: false };
  // The end of the query looks then.
  const unlessLater = features.delayedNameRemoval && isInstant ? null : always;
  const byName: Duplicates | null = features.delayedNameRemoval ? null : { among: 'sharedStep', byNamesAlone: true };
  switch (plan.kind) {
    case 'labelCall':
    case 'info':
      return always;
    case 'histogramCall':
    case 'histogramQuantiles':
    case 'vectorBinary':
    case 'union':
      return unlessLater;
    case 'rangeCall':
      return plan.keepsName || byName === null ? null : { ...byName, among: 'sharedQuery' };
    case 'instantSelect':
      return plan.take === 'time' || plan.take === 'startTime' ? byName : null;
    case 'vectorScalar':
      return isArithmetic(plan.op) || plan.returnBool ? byName : null;
    case 'instantCall':
    case 'timestamp':
    case 'negateVector':
      return byName;
    default:
      return null;
  }
}
