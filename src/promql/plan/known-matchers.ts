import { METRIC_NAME } from '../../model/labels.ts';
import type { Matcher } from '../../model/matcher.ts';
import type { VectorMatching } from '../syntax/ast.ts';
import type { Plan } from './plan.ts';
import { isSelecting } from './selecting-aggregations.ts';

/** A missing partner is filled in. */
export function isFilled({ fillLeft, fillRight }: VectorMatching): boolean {
  return fillLeft !== null || fillRight !== null;
}

/** Lists of more label names than this are not looked through: what they say of a matcher counts as unknown. */
export const NAMES_MAX = 1000;

/** Series that match agree in the label; false when in doubt. */
export function isMatched({ on, matchingLabels }: VectorMatching, name: string): boolean {
  if (matchingLabels.length > NAMES_MAX) return false;
  return name !== METRIC_NAME && matchingLabels.includes(name) === on;
}

/** What joins know beyond so many different matchers counts as unknown: in a chain of thousands each would keep those of all below it. */
const KNOWN_MATCHERS_MAX = 128;

/** Plans never change, and in a chain of thousands each is asked for by all above it. */
const known = new WeakMap<Plan, readonly Matcher[]>();

/** Matchers that every series of a plan meets; some of them where they are very many. */
export function knownMatchers(plan: Plan): readonly Matcher[] {
  let matchers = known.get(plan);
  if (matchers === undefined) {
    matchers = findMatchers(plan);
    known.set(plan, matchers);
  }
  return matchers;
}

function findMatchers(plan: Plan): readonly Matcher[] {
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
    case 'labelCall':
      return knownMatchers(plan.input).filter(({ name }) => name !== plan.strings[0]);
    case 'histogramCall':
      return withoutMetricLabels(knownMatchers(plan.input)).filter(({ name }) => name !== 'le');
    case 'aggregate': {
      const matchers = knownMatchers(plan.input);
      if (isSelecting(plan.op)) return matchers;
      if (plan.op === 'count_values' || plan.grouping.length > NAMES_MAX) return [];
      return matchers.filter(({ name }) => plan.grouping.includes(name) !== plan.without);
    }
    case 'vectorBinary': {
      const { left, right, matching } = plan;
      if (isFilled(matching)) return [];
      const first = knownMatchers(left);
      const second = knownMatchers(right).filter((each) => !first.some((one) => isSameMatcher(one, each)));
      const both = withoutMetricLabels([...first, ...second]).filter(({ name }) => isMatched(matching, name));
      return both.length > KNOWN_MATCHERS_MAX ? both.slice(0, KNOWN_MATCHERS_MAX) : both;
    }
    case 'setOperation':
      return knownMatchers(plan.left);
    default:
      return [];
  }
}

/** These go away together with the metric name. */
export function withoutMetricLabels(matchers: readonly Matcher[]): readonly Matcher[] {
  return matchers.filter(({ name }) => name !== '__type__' && name !== '__unit__');
}

/** Same name, type and value. */
export function isSameMatcher(a: Matcher, b: Matcher): boolean {
  return a.name === b.name && a.type === b.type && a.value === b.value;
}
