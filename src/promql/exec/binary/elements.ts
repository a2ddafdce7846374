import type { FloatHistogram } from '../../../model/histogram.ts';
import type { ArithmeticOp, ComparisonOp, PositionRange, TrimOp } from '../../syntax/ast.ts';
import type { Annotations } from '../annotations.ts';
import type { StepColumn } from '../step-column.ts';
import { arithmeticInto, compareInto } from './arithmetic.ts';
import { histogramElement } from './histogram-elements.ts';
import { isComparison } from './operators.ts';

export type ElementOp = ArithmeticOp | ComparisonOp | TrimOp;

export interface ElementOptions {
  readonly op: ElementOp;
  readonly returnBool: boolean;
  readonly position: PositionRange;
  readonly annotations: Annotations;
  /** Which operand a filtering comparison passes on. */
  readonly keep: 'left' | 'right';
}

/** True where the columns can not be taken as plain floats. */
export function needsElements(op: ElementOp, left: StepColumn, right: StepColumn): boolean {
  return left.histograms !== null || right.histograms !== null || op === '</' || op === '>/';
}

/**
 * Applies an operator step by step where histograms may occur. Combinations that make no sense give nothing and an
 * annotation. `out` may be `left` or `right`; its mask must say on which steps both sides have a value.
 */
export function elementsInto(left: StepColumn, right: StepColumn, out: StepColumn, options: ElementOptions): void {
  const { op, returnBool } = options;
  const { length } = out.present;
  const histograms: (FloatHistogram | undefined)[] = new Array(length).fill(undefined);
  let hasHistogram = false;
  for (let i = 0; i < length; i++) {
    if (out.present[i] === 0) continue;
    const leftHistogram = left.histograms?.[i];
    const rightHistogram = right.histograms?.[i];
    if (leftHistogram === undefined && rightHistogram === undefined) {
      floatElement(left.values[i]!, right.values[i]!, out, i, options);
      continue;
    }
    const result = histogramElement(
      { histogram: leftHistogram, value: left.values[i]! },
      { histogram: rightHistogram, value: right.values[i]! },
      options,
    );
    if (result === null) {
      out.present[i] = 0;
      continue;
    }
    if (returnBool && isComparison(op)) {
      out.values[i] = result.keep ? 1 : 0;
      continue;
    }
    if (!result.keep) {
      out.present[i] = 0;
      continue;
    }
    const kept = result.histogram;
    histograms[i] = kept;
    hasHistogram = true;
  }
  out.histograms = hasHistogram ? histograms : null;
}

const leftCell = new Float64Array(1);
const rightCell = new Float64Array(1);
const outCell = new Float64Array(1);

function floatElement(left: number, right: number, out: StepColumn, step: number, options: ElementOptions): void {
  const { op, returnBool } = options;
  if (op === '</' || op === '>/') {
    options.annotations.info(
      `incompatible sample types encountered for binary operator "${op}": float ${op} float`,
      options.position,
    );
    out.present[step] = 0;
    return;
  }
  leftCell[0] = left;
  rightCell[0] = right;
  if (!isComparison(op)) {
    arithmeticInto(op, leftCell, rightCell, outCell);
    out.values[step] = outCell[0]!;
    return;
  }
  compareInto(op, leftCell, rightCell, outCell);
  if (returnBool) out.values[step] = outCell[0]!;
  else if (outCell[0] === 0) out.present[step] = 0;
  else out.values[step] = options.keep === 'left' ? left : right;
}
