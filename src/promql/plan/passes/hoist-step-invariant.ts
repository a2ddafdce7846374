import { foldTree } from '../fold-tree.ts';
import { isRangePlan, isScalarPlan, type Plan, planInputs, withInputs } from '../plan.ts';

/**
 * Marks every largest part that is the same on all steps (`x @ end()`, `vector(1)`), so that it is evaluated once.
 *
 * What makes a part invariant is the reference's rule, since it can be seen in answers: an aggregation goes by its
 * vector alone (its parameter is then read on the first step), and functions that look at the evaluation time never
 * are invariant, except `timestamp` of a selector with `@`.
 */
export function hoistStepInvariant(root: Plan): Plan {
  const whole = foldTree<Plan, Marked>(root, planInputs, (plan, inputs) => mark(plan, inputs));
  return whole.invariant ? hoist(whole.plan) : whole.plan;
}

/** A plan in which everything is hoisted, unless it is invariant as a whole: then its user decides. */
interface Marked {
  readonly plan: Plan;
  readonly invariant: boolean;
}

function mark(plan: Plan, inputs: readonly Marked[]): Marked {
  if (isInvariant(plan, inputs)) return { plan: withInputs(plan, inputs.map(bare)), invariant: true };
  return { plan: withInputs(plan, inputs.map(hoisted)), invariant: plan.kind === 'subquery' && plan.at !== null };
}

function isInvariant(plan: Plan, inputs: readonly Marked[]): boolean {
  switch (plan.kind) {
    case 'number':
    case 'string':
      return true;
    case 'instantSelect':
    case 'rangeSelect':
      return plan.at !== null;
    case 'subquery':
      return false;
    case 'aggregate':
      return inputs.at(-1)!.invariant;
    case 'timestamp':
      return plan.take === 'startTime' && inputs[0]!.invariant;
    case 'info':
      return plan.matchers === null && inputs[0]!.invariant;
    case 'rangeCall':
    case 'instantCall':
    case 'scalarCall':
      return !TIME_DEPENDENT_FUNCTIONS.has(plan.call.func) && inputs.every((input) => input.invariant);
    default:
      return inputs.every((input) => input.invariant);
  }
}

const TIME_DEPENDENT_FUNCTIONS: ReadonlySet<string> = new Set([
  'day_of_month',
  'day_of_week',
  'day_of_year',
  'days_in_month',
  'hour',
  'minute',
  'month',
  'predict_linear',
  'time',
  'timestamp',
  'year',
]);

function bare(marked: Marked): Plan {
  return marked.plan;
}

function hoisted(marked: Marked): Plan {
  return marked.invariant ? hoist(marked.plan) : marked.plan;
}

function hoist(plan: Plan): Plan {
  if (plan.kind === 'number' || plan.kind === 'string' || isRangePlan(plan)) return plan;
  if (isScalarPlan(plan)) return { kind: 'invariantScalar', input: plan };
  return { kind: 'invariantVector', input: plan };
}
