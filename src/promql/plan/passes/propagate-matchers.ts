import { METRIC_NAME } from '../../../model/labels.ts';
import type { Matcher } from '../../../model/matcher.ts';
import type { VectorMatching } from '../../syntax/ast.ts';
import { foldTree, type Look } from '../fold-tree.ts';
import { type Plan, planInputs, type VectorPlan, withInputs } from '../plan.ts';
import { namesMetric } from '../selector-name.ts';

/**
 * Gives a selector on one side of a join the matchers of the other side: series that agree in the labels of a join meet
 * the same matchers on them, so those that do not find no partner and need not be read.
 *
 * It stops where leaving series out could be seen: behind what may have something to say of them (functions and
 * aggregations that warn of histograms) or may refuse them (names that are dropped, match groups that are no longer
 * unique), behind what looks at all series at once, and where a missing partner is filled in.
 */
export function propagateMatchers(root: Plan, look: Look): Plan {
  return foldTree<Plan, Plan>(
    root,
    planInputs,
    (plan, inputs) => {
      const over = inputs.length === 0 ? plan : withInputs(plan, inputs);
      if (over.kind === 'vectorBinary') {
        const { left, right, matching } = over;
        const one = matching.card === 'one-to-many' ? left : right;
        if (matching.fillLeft !== null || matching.fillRight !== null || !isUnique(one, matching)) return over;
        return { ...over, left: joined(left, right, matching), right: joined(right, left, matching) };
      }
      if (over.kind === 'setOperation' && over.op !== 'or') {
        const { left, right, matching, op } = over;
        return {
          ...over,
          left: op === 'and' ? joined(left, right, matching) : left,
          right: joined(right, left, matching),
        };
      }
      return over;
    },
    { look },
  );
}

/** True where no two series of a plan can be in one match group. */
function isUnique(plan: Plan, { on, matchingLabels }: Pick<VectorMatching, 'on' | 'matchingLabels'>): boolean {
  switch (plan.kind) {
    case 'aggregate': {
      if (SELECTING_AGGREGATIONS.has(plan.op)) return isUnique(plan.input, { on, matchingLabels });
      if (plan.op === 'count_values' || plan.without) return false;
      return plan.grouping.every((name) => name !== METRIC_NAME && matchingLabels.includes(name) === on);
    }
    case 'invariantVector':
      return isUnique(plan.input, { on, matchingLabels });
    case 'rangeCall':
    case 'instantSelect':
      return !on && matchingLabels.length === 0 && isQuiet(plan);
    default:
      return false;
  }
}

function joined(into: VectorPlan, other: VectorPlan, { on, matchingLabels }: VectorMatching): VectorPlan {
  const isMatched = (name: string) => name !== METRIC_NAME && matchingLabels.includes(name) === on;
  const matchers = knownMatchers(other).filter(({ name }) => isMatched(name));
  return matchers.length === 0 ? into : (narrowed(into, matchers) as VectorPlan);
}

/** Matchers that every series of a plan meets. */
function knownMatchers(plan: Plan): readonly Matcher[] {
  switch (plan.kind) {
    case 'instantSelect':
    case 'rangeSelect':
      return plan.matchers.filter(({ name }) => name !== METRIC_NAME);
    case 'subquery':
    case 'rangeCall':
    case 'instantCall':
    case 'timestamp':
    case 'sortByValue':
    case 'sortByLabel':
    case 'negateVector':
    case 'invariantVector':
      return withoutMetricLabels(knownMatchers(plan.input));
    case 'vectorScalar':
      return withoutMetricLabels(knownMatchers(plan.vector));
    case 'aggregate': {
      const known = knownMatchers(plan.input);
      if (SELECTING_AGGREGATIONS.has(plan.op)) return known;
      if (plan.op === 'count_values') return [];
      return known.filter(({ name }) => plan.grouping.includes(name) !== plan.without);
    }
    case 'setOperation':
      return plan.op === 'or' ? [] : knownMatchers(plan.left);
    default:
      return [];
  }
}

/** These go away together with the metric name. */
function withoutMetricLabels(matchers: readonly Matcher[]): readonly Matcher[] {
  return matchers.filter(({ name }) => name !== '__type__' && name !== '__unit__');
}

const SELECTING_AGGREGATIONS: ReadonlySet<string> = new Set(['bottomk', 'limit_ratio', 'limitk', 'topk']);

/** The plan without series that do not meet the matchers, as far as nobody can tell. */
function narrowed(plan: Plan, matchers: readonly Matcher[]): Plan {
  switch (plan.kind) {
    case 'instantSelect':
    case 'rangeSelect': {
      if (plan.kind === 'instantSelect' && plan.take !== 'value' && !isQuiet(plan)) return plan;
      const more = matchers.filter((each) => !plan.matchers.some((own) => isSame(own, each)));
      return more.length === 0 ? plan : { ...plan, matchers: [...plan.matchers, ...more] };
    }
    case 'rangeCall':
      return isQuiet(plan) ? overNarrowed(plan, withoutMetricLabels(matchers)) : plan;
    case 'aggregate': {
      if (plan.op !== 'count' && plan.op !== 'group') return plan;
      const kept = matchers.filter(({ name }) => plan.grouping.includes(name) !== plan.without);
      return overNarrowed(plan, kept);
    }
    case 'invariantVector':
      return overNarrowed(plan, matchers);
    case 'setOperation':
      return plan.op === 'or' ? plan : { ...plan, left: narrowed(plan.left, matchers) as VectorPlan };
    default:
      return plan;
  }
}

function overNarrowed(plan: Plan, matchers: readonly Matcher[]): Plan {
  const inputs = [...planInputs(plan)];
  const last = inputs.length - 1;
  inputs[last] = narrowed(inputs[last]!, matchers);
  return withInputs(plan, inputs);
}

/** True where a selector, or a function over one, neither says anything of its series nor makes two of them equal. */
function isQuiet(plan: Plan): boolean {
  if (plan.kind === 'rangeCall') return SILENT_RANGE_FUNCTIONS.has(plan.call.func) && isQuiet(plan.input);
  if (plan.kind === 'instantSelect') return plan.take !== 'smoothed' && namesMetric(plan.matchers);
  return plan.kind === 'rangeSelect' && plan.extension === 'none' && namesMetric(plan.matchers);
}

/** Range functions that never say anything of a series. */
const SILENT_RANGE_FUNCTIONS: ReadonlySet<string> = new Set(['count_over_time', 'last_over_time', 'present_over_time']);

function isSame(a: Matcher, b: Matcher): boolean {
  return a.name === b.name && a.type === b.type && a.value === b.value;
}
