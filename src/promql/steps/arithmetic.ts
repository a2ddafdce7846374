import { blockEnd, type Spend } from '../../kernels/blocks.ts';
import { arcTangent2 } from '../../kernels/inverse-trigonometric.ts';
import { power } from '../../kernels/power.ts';
import type { ArithmeticOp, ComparisonOp } from '../syntax/ast.ts';

/**
 * `out[i] = left[i] op right[i]` for all i; `out` may be one of the operands. One loop an operator, so that each stays
 * a tight one. Steps without a value are calculated too, which costs less than asking.
 */
export function arithmeticInto(
  op: ArithmeticOp,
  left: Float64Array,
  right: Float64Array,
  out: Float64Array,
  spend: Spend,
): void {
  const { length } = out;
  switch (op) {
    case '+':
      for (let i = 0; i < length; ) {
        const stop = blockEnd(i, length, spend);
        for (; i < stop; i++) out[i] = left[i]! + right[i]!;
      }
      return;
    case '-':
      for (let i = 0; i < length; ) {
        const stop = blockEnd(i, length, spend);
        for (; i < stop; i++) out[i] = left[i]! - right[i]!;
      }
      return;
    case '*':
      for (let i = 0; i < length; ) {
        const stop = blockEnd(i, length, spend);
        for (; i < stop; i++) out[i] = left[i]! * right[i]!;
      }
      return;
    case '/':
      for (let i = 0; i < length; ) {
        const stop = blockEnd(i, length, spend);
        for (; i < stop; i++) out[i] = left[i]! / right[i]!;
      }
      return;
    case '%':
      for (let i = 0; i < length; ) {
        const stop = blockEnd(i, length, spend);
        for (; i < stop; i++) out[i] = left[i]! % right[i]!;
      }
      return;
    case '^':
      for (let i = 0; i < length; ) {
        const stop = blockEnd(i, length, spend);
        for (; i < stop; i++) out[i] = power(left[i]!, right[i]!);
      }
      return;
    case 'atan2':
      for (let i = 0; i < length; ) {
        const stop = blockEnd(i, length, spend);
        for (; i < stop; i++) out[i] = arcTangent2(left[i]!, right[i]!);
      }
      return;
  }
}

/** `out[i] = 1` where the comparison holds, otherwise 0. */
export function compareInto(
  op: ComparisonOp,
  left: Float64Array,
  right: Float64Array,
  out: Float64Array | Uint8Array,
  spend: Spend,
): void {
  const { length } = out;
  switch (op) {
    case '==':
      for (let i = 0; i < length; ) {
        const stop = blockEnd(i, length, spend);
        for (; i < stop; i++) out[i] = left[i] === right[i] ? 1 : 0;
      }
      return;
    case '!=':
      for (let i = 0; i < length; ) {
        const stop = blockEnd(i, length, spend);
        for (; i < stop; i++) out[i] = left[i] !== right[i] ? 1 : 0;
      }
      return;
    case '<':
      for (let i = 0; i < length; ) {
        const stop = blockEnd(i, length, spend);
        for (; i < stop; i++) out[i] = left[i]! < right[i]! ? 1 : 0;
      }
      return;
    case '<=':
      for (let i = 0; i < length; ) {
        const stop = blockEnd(i, length, spend);
        for (; i < stop; i++) out[i] = left[i]! <= right[i]! ? 1 : 0;
      }
      return;
    case '>':
      for (let i = 0; i < length; ) {
        const stop = blockEnd(i, length, spend);
        for (; i < stop; i++) out[i] = left[i]! > right[i]! ? 1 : 0;
      }
      return;
    case '>=':
      for (let i = 0; i < length; ) {
        const stop = blockEnd(i, length, spend);
        for (; i < stop; i++) out[i] = left[i]! >= right[i]! ? 1 : 0;
      }
      return;
  }
}
