import { foldTree, type Look } from './fold-tree.ts';
import { type Plan, planInputs, type ScalarPlan, withInputs } from './plan.ts';
import { isStepInvariant } from './step-invariance.ts';

/**
 * Says which parts are evaluated on the first step alone because answers show it, whatever passes run: the changing
 * parameter of an aggregation over a vector that is the same on all steps, what is sorted there (as in an instant query)
 * and what `info` adds to it.
 */
export function readOnFirstStep(root: Plan, look: Look): Plan {
  return foldTree<Plan, Marked>(root, planInputs, mark, { look }).plan;
}

interface Marked {
  readonly plan: Plan;
  readonly invariant: boolean;
}

function mark(plan: Plan, inputs: readonly Marked[]): Marked {
  const invariant = isStepInvariant(
    plan,
    inputs.map((input) => input.invariant),
  );
  const over =
    inputs.length === 0
      ? plan
      : withInputs(
          plan,
          inputs.map(({ plan: input }) => input),
        );
  if (!invariant) return { plan: over, invariant };
  switch (over.kind) {
    case 'aggregate': {
      if (over.param === null || inputs[0]!.invariant) return { plan: over, invariant };
      const param: ScalarPlan = { kind: 'invariantScalar', input: over.param };
      return { plan: { ...over, param }, invariant };
    }
    case 'sortByValue':
    case 'sortByLabel':
    case 'info':
      return { plan: { kind: 'invariantVector', input: over }, invariant };
    default:
      return { plan: over, invariant };
  }
}
