import { EvaluationError } from '../functions/contracts.ts';
import type { RangePlan } from '../plan/plan.ts';

const ANCHORED_FUNCTIONS = ['changes', 'delta', 'increase', 'rate', 'resets'];
const SMOOTHED_FUNCTIONS = ['delta', 'increase', 'rate'];

/**
 * Extended selectors bring samples from outside the window, which few functions know how to treat. That is said when the
 * function is to be calculated: in a subquery without any step it never is. Throws EvaluationError.
 */
export function checkExtension(func: string, input: RangePlan): void {
  if (input.kind !== 'rangeSelect' || input.extension === 'none') return;
  const allowed = input.extension === 'anchored' ? ANCHORED_FUNCTIONS : SMOOTHED_FUNCTIONS;
  if (allowed.includes(func)) return;
  throw new EvaluationError(
    `${input.extension} modifier can only be used with: ${allowed.join(', ')} - not with ${func}`,
  );
}
