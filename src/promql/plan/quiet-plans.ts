import { METRIC_NAME } from '../../model/labels.ts';
import type { FunctionFeatures } from '../functions/contracts.ts';
import { looksLikeCounter } from '../functions/counter-names.ts';
import { differWithout } from './distinct-series.ts';
import type { AggregatePlan, Plan, RangeCallPlan, ScalarPlan } from './plan.ts';
import { metricNameOf, namesMetric } from './selector-name.ts';

/**
 * When nobody can tell that a plan has fewer series as input, but by those that are missing: it says nothing of a series,
 * refuses none, and what it gives for one does not depend on others, but for those of its group in an aggregation. Plain data has
 * neither native histograms nor series with types, which go with the names and leave equal ones behind. When in doubt, `never`.
 */
export type Quietness = 'always' | 'over plain data' | 'never';

export function quietness(plan: Plan, features: FunctionFeatures): Quietness {
  switch (plan.kind) {
    case 'instantSelect':
      if (plan.take === 'value') return 'always';
      return plan.take !== 'smoothed' && namesMetric(plan.matchers) ? 'over plain data' : 'never';
    case 'rangeSelect':
      return plan.extension === 'none' && namesMetric(plan.matchers) ? 'always' : 'never';
    case 'subquery':
    case 'invariantVector':
      return 'always';
    case 'rangeCall':
      return quietnessOfRangeCall(plan, features);
    case 'aggregate':
      if (plan.op === 'count' || plan.op === 'group') return 'always';
      return isQuietWithFloats(plan) ? 'over plain data' : 'never';
    case 'instantCall':
      return QUIET_FUNCTIONS.has(plan.call.func) && staysDistinct(plan.input, METRIC_NAME, features)
        ? 'over plain data'
        : 'never';
    case 'negateVector':
      return staysDistinct(plan.input, METRIC_NAME, features) ? 'over plain data' : 'never';
    case 'vectorScalar':
      if (plan.op === '</' || plan.op === '>/') return 'never';
      return staysDistinct(plan.vector, METRIC_NAME, features) ? 'over plain data' : 'never';
    case 'labelCall':
      return plan.strings[0] !== METRIC_NAME && staysDistinct(plan.input, plan.strings[0]!, features)
        ? 'over plain data'
        : 'never';
    default:
      return 'never';
  }
}

function staysDistinct(input: Plan, without: string, features: FunctionFeatures): boolean {
  return differWithout(input, new Set([without]), features);
}

function quietnessOfRangeCall(plan: RangeCallPlan, features: FunctionFeatures): Quietness {
  const { call, input, keepsName } = plan;
  const isSelector = input.kind === 'rangeSelect';
  if (isSelector && input.extension !== 'none') return 'never';
  if (SILENT_RANGE_FUNCTIONS.has(call.func)) {
    if (keepsName) return 'always';
    return isSelector || staysDistinct(input, METRIC_NAME, features) ? 'over plain data' : 'never';
  }
  // Start times that overlap are told of.
  if (features.useStartTimestamps || (!keepsName && !staysDistinct(input, METRIC_NAME, features))) return 'never';
  if (QUIET_RANGE_FUNCTIONS.has(call.func)) return 'over plain data';
  if (call.func === 'quantile_over_time') return isQuantile(plan.args[0]) ? 'over plain data' : 'never';
  if (!COUNTER_FUNCTIONS.has(call.func) || !isSelector) return 'never';
  const name = metricNameOf(input.matchers);
  return name !== null && looksLikeCounter(name) ? 'over plain data' : 'never';
}

function isQuietWithFloats({ op, param }: AggregatePlan): boolean {
  return QUIET_AGGREGATIONS.has(op) || (op === 'quantile' && isQuantile(param));
}

/** A quantile that nobody is warned of. */
function isQuantile(plan: ScalarPlan | null | undefined): boolean {
  return plan?.kind === 'number' && plan.value >= 0 && plan.value <= 1;
}

/** These never say anything of a series. */
const SILENT_RANGE_FUNCTIONS: ReadonlySet<string> = new Set(['count_over_time', 'last_over_time', 'present_over_time']);

/** These speak of histograms alone. */
const QUIET_RANGE_FUNCTIONS: ReadonlySet<string> = new Set([
  'avg_over_time',
  'changes',
  'delta',
  'deriv',
  'first_over_time',
  'idelta',
  'mad_over_time',
  'max_over_time',
  'min_over_time',
  'predict_linear',
  'resets',
  'stddev_over_time',
  'stdvar_over_time',
  'sum_over_time',
]);

/** These doubt a metric by its name, too. */
const COUNTER_FUNCTIONS: ReadonlySet<string> = new Set(['increase', 'irate', 'rate']);

const QUIET_AGGREGATIONS: ReadonlySet<string> = new Set(['avg', 'max', 'min', 'stddev', 'stdvar', 'sum']);

const QUIET_FUNCTIONS: ReadonlySet<string> = new Set([
  'abs',
  'ceil',
  'clamp',
  'clamp_max',
  'clamp_min',
  'deg',
  'exp',
  'floor',
  'ln',
  'log10',
  'log2',
  'rad',
  'round',
  'sgn',
  'sqrt',
]);
