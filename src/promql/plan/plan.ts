import type { Labels } from '../../model/labels.ts';
import type { Matcher } from '../../model/matcher.ts';
import type {
  HistogramFunction,
  HistogramQuantilesFunction,
  InstantFunction,
  LabelFunction,
  RangeFunction,
  ScalarFunction,
} from '../functions/contracts.ts';
import type {
  AggregateOp,
  ArithmeticOp,
  ComparisonOp,
  PositionRange,
  SetOp,
  TrimOp,
  VectorMatching,
} from '../syntax/ast.ts';

/**
 * A query as data: what is to be computed, with every duration, `@` and query parameter resolved to numbers. Passes
 * turn a plan into a plan; `exec/build.ts` turns the last one into operators. All times and durations are in ms.
 */
export type Plan = ScalarPlan | VectorPlan | RangePlan | StringPlan;

/** A number on every step. */
export type ScalarPlan =
  | NumberPlan
  | ScalarCallPlan
  | ScalarOfPlan
  | ScalarBinaryPlan
  | NegateScalarPlan
  | InvariantScalarPlan
  | SharedScalarPlan;

/** Series with at most one sample on every step. */
export type VectorPlan =
  | InstantSelectPlan
  | RangeCallPlan
  | AbsentOverTimePlan
  | InstantCallPlan
  | TimestampPlan
  | LabelCallPlan
  | HistogramCallPlan
  | HistogramQuantilesPlan
  | SortByValuePlan
  | SortByLabelPlan
  | AbsentPlan
  | InfoPlan
  | VectorOfPlan
  | AggregatePlan
  | VectorBinaryPlan
  | SetOperationPlan
  | UnionPlan
  | VectorScalarPlan
  | NegateVectorPlan
  | InvariantVectorPlan
  | SharedVectorPlan;

/** Series with all their samples in a window. */
export type RangePlan = RangeSelectPlan | SubqueryPlan;

/** Where a call stands in the query; function code needs it for annotations. */
export interface CallSite {
  readonly func: string;
  readonly position: PositionRange;
  readonly argPositions: readonly PositionRange[];
}

export interface NumberPlan {
  readonly kind: 'number';
  readonly value: number;
}

export interface StringPlan {
  readonly kind: 'string';
  readonly value: string;
}

/** When a selector or subquery looks: at `at`, or at each step, minus `offsetMs`. */
export interface Reference {
  readonly offsetMs: number;
  readonly at: number | null;
}

/** What passes say of a selector. */
export interface SelectHints {
  /** Of native histograms only count and sum are wanted. */
  readonly statisticsOnly: boolean;
  /** `name`: nobody looks at more of the labels than at the metric name, which the matchers tell. */
  readonly labels: 'all' | 'name';
  /** Another selector reads the same samples. */
  readonly isShared: boolean;
}

export interface InstantSelectPlan extends Reference, SelectHints {
  readonly kind: 'instantSelect';
  readonly matchers: readonly Matcher[];
  /** More matchers, for a storage in which no sample of the query's time is a histogram. */
  readonly floatMatchers: readonly Matcher[];
  /** The newest sample within the lookback, its time or start time (seconds), or a value between two neighbours. */
  readonly take: 'value' | 'time' | 'startTime' | 'smoothed';
  readonly position: PositionRange;
}

export interface RangeSelectPlan extends Reference, SelectHints {
  readonly kind: 'rangeSelect';
  readonly matchers: readonly Matcher[];
  readonly floatMatchers: readonly Matcher[];
  readonly rangeMs: number;
  readonly extension: 'none' | 'anchored' | 'smoothed';
  readonly position: PositionRange;
}

export interface SubqueryPlan extends Reference {
  readonly kind: 'subquery';
  readonly input: VectorPlan;
  readonly rangeMs: number;
  readonly stepMs: number;
  readonly position: PositionRange;
}

export interface RangeCallPlan {
  readonly kind: 'rangeCall';
  readonly call: CallSite;
  readonly run: RangeFunction;
  readonly keepsName: boolean;
  readonly input: RangePlan;
  readonly args: readonly ScalarPlan[];
}

export interface AbsentOverTimePlan {
  readonly kind: 'absentOverTime';
  readonly call: CallSite;
  readonly labels: Labels;
  readonly input: RangePlan;
}

export interface InstantCallPlan {
  readonly kind: 'instantCall';
  readonly call: CallSite;
  readonly run: InstantFunction;
  readonly input: VectorPlan;
  readonly args: readonly ScalarPlan[];
}

/** `timestamp(v)` and `start_timestamp(v)` of anything but a selector. */
export interface TimestampPlan {
  readonly kind: 'timestamp';
  readonly input: VectorPlan;
  readonly take: 'time' | 'startTime';
}

export interface ScalarCallPlan {
  readonly kind: 'scalarCall';
  readonly call: CallSite;
  readonly run: ScalarFunction;
  readonly args: readonly ScalarPlan[];
}

export interface LabelCallPlan {
  readonly kind: 'labelCall';
  readonly call: CallSite;
  readonly run: LabelFunction;
  readonly strings: readonly string[];
  readonly input: VectorPlan;
}

export interface HistogramCallPlan {
  readonly kind: 'histogramCall';
  readonly call: CallSite;
  readonly run: HistogramFunction;
  readonly vectorArgument: number;
  readonly input: VectorPlan;
  readonly args: readonly ScalarPlan[];
}

export interface HistogramQuantilesPlan {
  readonly kind: 'histogramQuantiles';
  readonly call: CallSite;
  readonly run: HistogramQuantilesFunction;
  /** The label that tells the quantile. */
  readonly label: string;
  readonly input: VectorPlan;
  readonly args: readonly ScalarPlan[];
}

export interface SortByValuePlan {
  readonly kind: 'sortByValue';
  readonly call: CallSite;
  readonly descending: boolean;
  readonly input: VectorPlan;
}

export interface SortByLabelPlan {
  readonly kind: 'sortByLabel';
  readonly call: CallSite;
  readonly compare: (a: Labels, b: Labels, names: readonly string[]) => number;
  readonly names: readonly string[];
  readonly input: VectorPlan;
}

export interface AbsentPlan {
  readonly kind: 'absent';
  readonly labels: Labels;
  readonly input: VectorPlan;
}

export interface InfoPlan extends Reference {
  readonly kind: 'info';
  readonly call: CallSite;
  readonly input: VectorPlan;
  /** The matchers of the second argument, or null where it is absent. */
  readonly matchers: readonly Matcher[] | null;
}

export interface VectorOfPlan {
  readonly kind: 'vectorOf';
  readonly input: ScalarPlan;
}

export interface ScalarOfPlan {
  readonly kind: 'scalarOf';
  readonly input: VectorPlan;
}

export interface AggregatePlan {
  readonly kind: 'aggregate';
  readonly op: AggregateOp;
  readonly input: VectorPlan;
  readonly param: ScalarPlan | null;
  /** The label that `count_values` writes; otherwise empty. */
  readonly valueLabel: string;
  readonly grouping: readonly string[];
  readonly without: boolean;
  readonly position: PositionRange;
  readonly inputPosition: PositionRange;
  readonly paramPosition: PositionRange;
}

export interface ScalarBinaryPlan {
  readonly kind: 'scalarBinary';
  readonly op: ArithmeticOp | ComparisonOp;
  readonly left: ScalarPlan;
  readonly right: ScalarPlan;
}

export interface VectorBinaryPlan {
  readonly kind: 'vectorBinary';
  readonly op: ArithmeticOp | ComparisonOp | TrimOp;
  readonly left: VectorPlan;
  readonly right: VectorPlan;
  readonly matching: VectorMatching;
  readonly returnBool: boolean;
  readonly position: PositionRange;
}

export interface SetOperationPlan {
  readonly kind: 'setOperation';
  readonly op: Exclude<SetOp, 'or'>;
  readonly left: VectorPlan;
  readonly right: VectorPlan;
  readonly matching: VectorMatching;
}

/** `or`: two operands or, in a chain of them that all match alike, more. */
export interface UnionPlan {
  readonly kind: 'union';
  readonly inputs: readonly VectorPlan[];
  readonly matching: VectorMatching;
}

export interface VectorScalarPlan {
  readonly kind: 'vectorScalar';
  readonly op: ArithmeticOp | ComparisonOp | TrimOp;
  readonly vector: VectorPlan;
  readonly scalar: ScalarPlan;
  /** The scalar was written on the left side. */
  readonly scalarLeft: boolean;
  readonly returnBool: boolean;
  readonly position: PositionRange;
}

export interface NegateVectorPlan {
  readonly kind: 'negateVector';
  readonly input: VectorPlan;
}

export interface NegateScalarPlan {
  readonly kind: 'negateScalar';
  readonly input: ScalarPlan;
}

/** Evaluated on the first step alone, the answer then stands for all steps. */
export interface InvariantVectorPlan {
  readonly kind: 'invariantVector';
  readonly input: VectorPlan;
}

export interface InvariantScalarPlan {
  readonly kind: 'invariantScalar';
  readonly input: ScalarPlan;
}

/** Evaluated once, for all places of the plan where a shared plan of this number stands. */
export interface SharedVectorPlan {
  readonly kind: 'sharedVector';
  readonly number: number;
  readonly input: VectorPlan;
}

export interface SharedScalarPlan {
  readonly kind: 'sharedScalar';
  readonly number: number;
  readonly input: ScalarPlan;
}

const NO_INPUTS: readonly Plan[] = [];

/** The plans that a plan is made of, in order of evaluation. */
export function planInputs(plan: Plan): readonly Plan[] {
  switch (plan.kind) {
    case 'number':
    case 'string':
    case 'instantSelect':
    case 'rangeSelect':
      return NO_INPUTS;
    case 'scalarCall':
      return plan.args;
    case 'rangeCall':
    case 'instantCall':
    case 'histogramCall':
    case 'histogramQuantiles':
      return [...plan.args, plan.input];
    case 'aggregate':
      return plan.param === null ? [plan.input] : [plan.param, plan.input];
    case 'scalarBinary':
    case 'vectorBinary':
    case 'setOperation':
      return [plan.left, plan.right];
    case 'union':
      return plan.inputs;
    case 'vectorScalar':
      return plan.scalarLeft ? [plan.scalar, plan.vector] : [plan.vector, plan.scalar];
    default:
      return [plan.input];
  }
}

/**
 * The same plan over other inputs, given in the order of `planInputs` and of the same types; the plan itself where they are its own:
 * most passes change little of a plan, and one of thousands of parts is not to be made anew by each.
 */
export function withInputs(plan: Plan, inputs: readonly Plan[]): Plan {
  const last = inputs.at(-1);
  switch (plan.kind) {
    case 'number':
    case 'string':
    case 'instantSelect':
    case 'rangeSelect':
      return plan;
    case 'scalarCall':
      return hasArgs(plan, inputs) ? plan : { ...plan, args: inputs as ScalarPlan[] };
    case 'rangeCall':
      if (last === plan.input && hasArgs(plan, inputs)) return plan;
      return { ...plan, args: inputs.slice(0, -1) as ScalarPlan[], input: last as RangePlan };
    case 'instantCall':
    case 'histogramCall':
    case 'histogramQuantiles':
      if (last === plan.input && hasArgs(plan, inputs)) return plan;
      return { ...plan, args: inputs.slice(0, -1) as ScalarPlan[], input: last as VectorPlan };
    case 'aggregate': {
      const param = plan.param === null ? null : (inputs[0] as ScalarPlan);
      return param === plan.param && last === plan.input ? plan : { ...plan, param, input: last as VectorPlan };
    }
    case 'scalarBinary':
      if (inputs[0] === plan.left && last === plan.right) return plan;
      return { ...plan, left: inputs[0] as ScalarPlan, right: inputs[1] as ScalarPlan };
    case 'vectorBinary':
    case 'setOperation':
      if (inputs[0] === plan.left && last === plan.right) return plan;
      return { ...plan, left: inputs[0] as VectorPlan, right: inputs[1] as VectorPlan };
    case 'union':
      return plan.inputs.every((input, i) => input === inputs[i]) ? plan : { ...plan, inputs: inputs as VectorPlan[] };
    case 'vectorScalar': {
      const scalar = inputs[plan.scalarLeft ? 0 : 1] as ScalarPlan;
      const vector = inputs[plan.scalarLeft ? 1 : 0] as VectorPlan;
      return scalar === plan.scalar && vector === plan.vector ? plan : { ...plan, scalar, vector };
    }
    default:
      return last === plan.input ? plan : ({ ...plan, input: last } as Plan);
  }
}

/** The first inputs are the arguments that the plan has. */
function hasArgs({ args }: { readonly args: readonly ScalarPlan[] }, inputs: readonly Plan[]): boolean {
  return args.every((arg, i) => arg === inputs[i]);
}

export function isScalarPlan(plan: Plan): plan is ScalarPlan {
  switch (plan.kind) {
    case 'number':
    case 'scalarCall':
    case 'scalarOf':
    case 'scalarBinary':
    case 'negateScalar':
    case 'invariantScalar':
    case 'sharedScalar':
      return true;
    default:
      return false;
  }
}

export function isRangePlan(plan: Plan): plan is RangePlan {
  return plan.kind === 'rangeSelect' || plan.kind === 'subquery';
}
