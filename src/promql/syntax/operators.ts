import type { ArithmeticOp, BinaryOp, ComparisonOp } from './ast.ts';

export type ScalarBinaryOp = ArithmeticOp | ComparisonOp;

export function isComparison(op: BinaryOp): op is ComparisonOp {
  switch (op) {
    case '==':
    case '!=':
    case '<':
    case '<=':
    case '>':
    case '>=':
      return true;
    default:
      return false;
  }
}

/** Arithmetic makes another quantity of a metric, so its name goes away. */
export function isArithmetic(op: BinaryOp): op is ArithmeticOp {
  switch (op) {
    case '+':
    case '-':
    case '*':
    case '/':
    case '%':
    case '^':
    case 'atan2':
      return true;
    default:
      return false;
  }
}
