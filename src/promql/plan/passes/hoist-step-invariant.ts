import { foldTree, type Look } from '../fold-tree.ts';
import { isRangePlan, isScalarPlan, type Plan, planInputs, withInputs } from '../plan.ts';
import { isStepInvariant } from '../step-invariance.ts';

/** Marks every largest part that is the same on all steps (`x @ end()`, `vector(1)`), so that it is evaluated once. */
export function hoistStepInvariant(root: Plan, look: Look): Plan {
  const whole = foldTree<Plan, Marked>(root, planInputs, (plan, inputs) => mark(plan, inputs), { look });
  return whole.invariant ? hoist(whole.plan) : whole.plan;
}

/** A plan in which everything is hoisted, unless it is invariant as a whole: then its user decides. */
interface Marked {
  readonly plan: Plan;
  readonly invariant: boolean;
}

function mark(plan: Plan, inputs: readonly Marked[]): Marked {
  const invariant = isStepInvariant(
    plan,
    inputs.map((input) => input.invariant),
  );
  // The steps of a subquery are others than those of the query.
  if (!invariant || plan.kind === 'subquery') return { plan: withInputs(plan, inputs.map(hoisted)), invariant };
  const only = inputs[0];
  if ((plan.kind === 'invariantVector' || plan.kind === 'invariantScalar') && only!.invariant) return only!;
  return { plan: withInputs(plan, inputs.map(bare)), invariant };
}

function bare(marked: Marked): Plan {
  return marked.plan;
}

function hoisted(marked: Marked): Plan {
  return marked.invariant ? hoist(marked.plan) : marked.plan;
}

function hoist(plan: Plan): Plan {
  if (plan.kind === 'number' || plan.kind === 'string' || isRangePlan(plan)) return plan;
  if (plan.kind === 'invariantScalar' || plan.kind === 'invariantVector') return plan;
  if (isScalarPlan(plan)) return { kind: 'invariantScalar', input: plan };
  return { kind: 'invariantVector', input: plan };
}
