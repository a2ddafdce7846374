import type { Plan } from './plan.ts';

/**
 * True where a plan is the same on all steps; `inputs` says the same of its inputs. This is the reference's rule, since it
 * can be seen in answers: an aggregation goes by its vector alone (its parameter is then read on the first step), and
 * functions that look at the evaluation time never are invariant, except `timestamp` of a selector with `@`.
 */
export function isStepInvariant(plan: Plan, inputs: readonly boolean[]): boolean {
  switch (plan.kind) {
    case 'number':
    case 'string':
      return true;
    case 'instantSelect':
    case 'rangeSelect':
    case 'subquery':
      return plan.at !== null;
    case 'aggregate':
      return inputs.at(-1)!;
    case 'timestamp':
      return plan.take === 'startTime' && inputs[0]!;
    case 'info':
      return plan.matchers === null && inputs[0]!;
    case 'invariantVector':
    case 'invariantScalar':
      return true;
    case 'rangeCall':
    case 'instantCall':
    case 'scalarCall':
      return !TIME_DEPENDENT_FUNCTIONS.has(plan.call.func) && inputs.every((isInvariant) => isInvariant);
    default:
      return inputs.every((isInvariant) => isInvariant);
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
