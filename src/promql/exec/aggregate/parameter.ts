import { blockEnd } from '../../../kernels/blocks.ts';
import { maximum, minimum } from '../../../kernels/float-parts.ts';
import { goFloatCompact } from '../../../model/go-float.ts';
import type { QueryBudget } from '../budget.ts';
import { drain } from '../drain.ts';
import type { VectorOperator } from '../operator.ts';
import { QueryError } from '../query-error.ts';

/** The parameter of an aggregation on all steps, with what its checks look at. */
export interface Parameter {
  readonly values: Float64Array;
  readonly min: number;
  readonly max: number;
  readonly hasNaN: boolean;
}

export function parameterFromValues(values: Float64Array, budget: QueryBudget): Parameter {
  let min = Number.MAX_VALUE;
  let max = -Number.MAX_VALUE;
  let hasNaN = false;
  for (let i = 0; i < values.length; ) {
    const stop = blockEnd(i, values.length, budget.spending);
    for (; i < stop; i++) {
      const value = values[i]!;
      min = minimum(min, value);
      max = maximum(max, value);
      if (Number.isNaN(value)) hasNaN = true;
    }
  }
  return { values, min, max, hasNaN };
}

/**
 * Checks the number of topk, bottomk and limitk, which must be a number that a 64-bit integer can hold; false where no
 * step asks for anything.
 *
 * @throws QueryError with the reference's text
 */
export async function checkCount(k: Parameter, input: VectorOperator, budget: QueryBudget): Promise<boolean> {
  if (k.max < 1) return false;
  if (k.hasNaN) await refuse('Parameter value is NaN', input, budget);
  if (k.min <= -(2 ** 63)) await refuse(`Scalar value ${goFloatCompact(k.min)} underflows int64`, input, budget);
  if (k.max >= 2 ** 63) await refuse(`Scalar value ${goFloatCompact(k.max)} overflows int64`, input, budget);
  return true;
}

/** Throws, after what goes wrong in the input: the reference has evaluated that before it looks at the parameter. */
export async function refuse(message: string, input: VectorOperator, budget: QueryBudget): Promise<never> {
  await drain(input, budget, () => {});
  throw new QueryError('execution', message);
}
