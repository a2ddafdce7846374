import { METRIC_NAME } from '../../model/labels.ts';
import type { Matcher } from '../../model/matcher.ts';
import type { Plan } from '../plan/plan.ts';

/**
 * True where no two series of a plan can become equal by losing their metric names, so that nobody needs to look for
 * such pairs; `inputs` says the same of the plan's inputs. False when in doubt.
 */
export function namesStayDistinct(plan: Plan, inputs: readonly boolean[]): boolean {
  switch (plan.kind) {
    case 'instantSelect':
    case 'rangeSelect':
      return hasOneName(plan.matchers);
    case 'aggregate':
      if (plan.op === 'topk' || plan.op === 'bottomk' || plan.op === 'limitk' || plan.op === 'limit_ratio') {
        return inputs.at(-1)!;
      }
      if (plan.op === 'count_values' && plan.valueLabel === METRIC_NAME) return false;
      return plan.without || !plan.grouping.includes(METRIC_NAME);
    case 'vectorOf':
    case 'absent':
    case 'absentOverTime':
      return true;
    case 'subquery':
    case 'rangeCall':
    case 'instantCall':
    case 'timestamp':
    case 'negateVector':
    case 'invariantVector':
    case 'sharedVector':
    case 'sortByValue':
    case 'sortByLabel':
      return inputs.at(-1)!;
    case 'vectorScalar':
      return inputs[plan.scalarLeft ? 1 : 0]!;
    case 'setOperation':
      return inputs[0]!;
    default:
      return false;
  }
}

function hasOneName(matchers: readonly Matcher[]): boolean {
  return matchers.some(({ name, type }) => name === METRIC_NAME && type === '=');
}
