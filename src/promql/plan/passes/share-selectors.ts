import { foldTree, type Look } from '../fold-tree.ts';
import { type InstantSelectPlan, type Plan, planInputs, type RangeSelectPlan, withInputs } from '../plan.ts';

/**
 * Marks selectors that read the same samples, so that these are decoded for the first of them and kept for the others, as
 * far as there is room: `max_over_time(x[1h]) - min_over_time(x[1h])`.
 */
export function shareSelectors(root: Plan, look: Look): Plan {
  const selectors: (InstantSelectPlan | RangeSelectPlan)[] = [];
  foldTree<Plan, null>(root, planInputs, () => null, {
    enter: (plan) => {
      if (plan.kind === 'instantSelect' || plan.kind === 'rangeSelect') selectors.push(plan);
    },
    look,
  });
  if (selectors.length < 2) return root;
  const counts = new Map<string, number>();
  for (const selector of selectors) {
    const key = whatIsRead(selector);
    counts.set(key, (counts.get(key) ?? 0) + 1);
  }
  if (counts.size === selectors.length) return root;
  return foldTree<Plan, Plan>(
    root,
    planInputs,
    (plan, inputs) => {
      if (plan.kind === 'instantSelect' || plan.kind === 'rangeSelect') {
        return counts.get(whatIsRead(plan))! > 1 ? { ...plan, isShared: true } : plan;
      }
      return inputs.length === 0 ? plan : withInputs(plan, inputs);
    },
    { look },
  );
}

function whatIsRead(plan: InstantSelectPlan | RangeSelectPlan): string {
  const { matchers, floatMatchers, at, offsetMs } = plan;
  const window = plan.kind === 'rangeSelect' ? [plan.rangeMs, plan.extension] : null;
  return JSON.stringify([matchers, floatMatchers, at, offsetMs, window]);
}
