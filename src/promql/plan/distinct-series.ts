import { METRIC_NAME } from '../../model/labels.ts';
import type { FunctionFeatures } from '../functions/contracts.ts';
import type { VectorMatching } from '../syntax/ast.ts';
import { knownMatchers, NAMES_MAX } from './known-matchers.ts';
import type { AggregatePlan, Plan } from './plan.ts';
import { isSelecting } from './selecting-aggregations.ts';

type Names = ReadonlySet<string>;

/** True where no two series of a plan can be in one match group; false when in doubt. */
export function isUnique(
  plan: Plan,
  { on, matchingLabels }: Pick<VectorMatching, 'on' | 'matchingLabels'>,
  features: FunctionFeatures,
): boolean {
  if (matchingLabels.length > NAMES_MAX) return false;
  const names = matchingLabels.filter((name) => name !== METRIC_NAME);
  if (on) return differIn(plan, new Set(names));
  return differWithout(plan, without(new Set(names), METRIC_NAME), features);
}

/** True where series of a plan differ in labels other than these; false when in doubt. */
export function differWithout(plan: Plan, names: Names, features: FunctionFeatures): boolean {
  switch (plan.kind) {
    case 'instantSelect':
    case 'rangeSelect':
      // These go with the name.
      if (features.typeAndUnitLabels && names.has(METRIC_NAME)) return false;
      return everyName(names, (name) =>
        plan.matchers.some(
          (each) => each.name === name && each.type === '=' && (each.value !== '' || name !== METRIC_NAME),
        ),
      );
    case 'subquery':
    case 'invariantVector':
    case 'sortByLabel':
    case 'sortByValue':
      return differWithout(plan.input, names, features);
    case 'rangeCall':
    case 'instantCall':
    case 'negateVector':
      return differWithout(plan.input, without(names, METRIC_NAME), features);
    case 'vectorScalar':
      return differWithout(plan.vector, without(names, METRIC_NAME), features);
    case 'labelCall':
      return differWithout(plan.input, without(names, plan.strings[0]!), features);
    case 'aggregate': {
      if (isSelecting(plan.op)) return differWithout(plan.input, names, features);
      if (plan.op === 'count_values') return false;
      if (plan.without) return everyName(names, (name) => name === METRIC_NAME || isOneValue(plan, name, true));
      return everyName(names, (name) => isOneValue(plan, name, false));
    }
    case 'vectorBinary': {
      const { left, matching } = plan;
      if (matching.card !== 'one-to-one' || matching.fillLeft !== null || matching.fillRight !== null) return false;
      if (matching.matchingLabels.length > NAMES_MAX) return false;
      const matched = new Set(matching.matchingLabels);
      if (!matching.on) return differWithout(left, without(new Set([...names, ...matched]), METRIC_NAME), features);
      return differIn(left, new Set([...matched].filter((name) => name !== METRIC_NAME && !names.has(name))));
    }
    case 'setOperation':
      return differWithout(plan.left, names, features);
    case 'vectorOf':
      return true;
    default:
      return false;
  }
}

/** True where series of a plan differ in these labels, of which none is the metric name; false when in doubt. */
function differIn(plan: Plan, names: Names): boolean {
  switch (plan.kind) {
    case 'invariantVector':
    case 'sortByLabel':
    case 'sortByValue':
    case 'subquery':
    case 'rangeCall':
    case 'instantCall':
    case 'negateVector':
      return differIn(plan.input, names);
    case 'vectorScalar':
      return differIn(plan.vector, names);
    case 'labelCall':
      return differIn(plan.input, new Set([...names].filter((name) => name !== plan.strings[0])));
    case 'aggregate':
      if (isSelecting(plan.op)) return differIn(plan.input, names);
      if (plan.op === 'count_values' || plan.without) return false;
      return plan.grouping.every((name) => names.has(name) || (name !== METRIC_NAME && isOneValue(plan, name, false)));
    case 'vectorOf':
      return true;
    default:
      return false;
  }
}

/** A label that the groups of an aggregation do not have, or have with one value; false when in doubt. */
function isOneValue(plan: AggregatePlan, name: string, isWithout: boolean): boolean {
  if (plan.grouping.length > NAMES_MAX) return false;
  if (plan.grouping.includes(name) === isWithout) return true;
  return knownMatchers(plan.input).some((each) => each.name === name && each.type === '=');
}

function without(names: Names, name: string): Names {
  return names.has(name) ? names : new Set([...names, name]);
}

function everyName(names: Names, test: (name: string) => boolean): boolean {
  for (const name of names) if (!test(name)) return false;
  return true;
}
