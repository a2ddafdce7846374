import type { FunctionFeatures } from '../../functions/contracts.ts';
import { foldTree, type Look } from '../fold-tree.ts';
import { type Plan, planInputs, withInputs } from '../plan.ts';
import { namesMetric } from '../selector-name.ts';

/**
 * Marks the selectors whose labels nobody looks at, because all their series end in one: `sum(rate(x[5m]))`, `scalar(x)`,
 * `absent(x)`. The metric name stays for annotations; the selector has to name it.
 */
export function dropLabels(root: Plan, look: Look, features: FunctionFeatures): Plan {
  // What is said of a possible non-counter then goes by another label.
  if (features.typeAndUnitLabels) return root;
  const top: Node = { plan: root, isBlind: false };
  return foldTree<Node, Plan>(
    top,
    inputNodes,
    ({ plan, isBlind }, inputs) => {
      if (plan.kind === 'instantSelect' || plan.kind === 'rangeSelect') {
        return isBlind && namesMetric(plan.matchers) ? { ...plan, labels: 'name' } : plan;
      }
      return inputs.length === 0 ? plan : withInputs(plan, inputs);
    },
    { look },
  );
}

/** A plan, and whether the plans above it do without its labels. */
interface Node {
  readonly plan: Plan;
  readonly isBlind: boolean;
}

function inputNodes({ plan, isBlind }: Node): readonly Node[] {
  const inputs = planInputs(plan);
  return inputs.map((input) => ({ plan: input, isBlind: looksAtNoLabels(plan, isBlind) }));
}

function looksAtNoLabels(plan: Plan, isBlind: boolean): boolean {
  switch (plan.kind) {
    case 'aggregate':
      return ONE_GROUP_FOLDS.has(plan.op) && plan.grouping.length === 0 && !plan.without;
    case 'absent':
    case 'absentOverTime':
    case 'scalarOf':
      return true;
    case 'subquery':
    case 'rangeCall':
    case 'instantCall':
    case 'vectorScalar':
    case 'negateVector':
    case 'invariantVector':
      return isBlind;
    default:
      return false;
  }
}

const ONE_GROUP_FOLDS: ReadonlySet<string> = new Set([
  'avg',
  'count',
  'group',
  'max',
  'min',
  'quantile',
  'stddev',
  'stdvar',
  'sum',
]);
