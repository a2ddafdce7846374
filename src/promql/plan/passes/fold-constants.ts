import { untold } from '../../../kernels/blocks.ts';
import type { FunctionFeatures } from '../../functions/contracts.ts';
import { Annotations } from '../../steps/annotations.ts';
import { arithmeticInto, compareInto } from '../../steps/arithmetic.ts';
import { isComparison } from '../../syntax/operators.ts';
import { foldTree, type Look } from '../fold-tree.ts';
import { type Plan, planInputs, type ScalarCallPlan, withInputs } from '../plan.ts';

/**
 * Calculates what is made of numbers alone, with the operators' own arithmetic. Vectors are left alone: `x * 2 * 3` is
 * rounded twice.
 */
export function foldConstants(root: Plan, look: Look, features: FunctionFeatures): Plan {
  return foldTree<Plan, Plan>(
    root,
    planInputs,
    (plan, inputs) => {
      const folded = inputs.length === 0 ? plan : withInputs(plan, inputs);
      const value = constantOf(folded, inputs, features);
      return value === null ? folded : { kind: 'number', value };
    },
    { look },
  );
}

function constantOf(plan: Plan, inputs: readonly Plan[], features: FunctionFeatures): number | null {
  const numbers: Float64Array[] = [];
  for (const input of inputs) {
    if (input.kind !== 'number') return null;
    numbers.push(Float64Array.of(input.value));
  }
  const out = new Float64Array(1);
  switch (plan.kind) {
    case 'scalarBinary':
      if (isComparison(plan.op)) compareInto(plan.op, numbers[0]!, numbers[1]!, out, untold);
      else arithmeticInto(plan.op, numbers[0]!, numbers[1]!, out, untold);
      return out[0]!;
    case 'negateScalar':
      return -numbers[0]![0]!;
    case 'scalarCall':
      if (!TIMELESS_FUNCTIONS.has(plan.call.func)) return null;
      call(plan, numbers, features, out);
      return out[0]!;
    case 'invariantScalar':
      return numbers[0]![0]!;
    default:
      return null;
  }
}

const TIMELESS_FUNCTIONS: ReadonlySet<string> = new Set(['max_of', 'min_of', 'pi']);

function call(
  plan: ScalarCallPlan,
  args: readonly Float64Array[],
  features: FunctionFeatures,
  out: Float64Array,
): void {
  const { position, argPositions } = plan.call;
  const grid = { start: 0, step: 1, count: 1 };
  const annotations = new Annotations();
  plan.run(out, { grid, args, annotations, metricName: '', position, argPositions, features, spend: untold });
}
