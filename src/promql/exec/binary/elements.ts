import { blockEnd } from '../../../kernels/blocks.ts';
import type { FloatHistogram } from '../../../model/histogram.ts';
import { histogramWork } from '../../../model/histogram-work.ts';
import { arithmeticInto, compareInto } from '../../steps/arithmetic.ts';
import type { StepColumn } from '../../steps/step-column.ts';
import { isComparison } from '../../syntax/operators.ts';
import type { ElementOp, ElementOptions } from './element-options.ts';
import { histogramElement } from './histogram-elements.ts';

/** True where the columns can not be taken as plain floats. */
export function needsElements(op: ElementOp, left: StepColumn, right: StepColumn): boolean {
  return left.histograms !== null || right.histograms !== null || op === '</' || op === '>/';
}

/**
 * Applies an operator step by step where histograms may occur. Combinations that make no sense give nothing and a
 * note. `out` may be `left` or `right`; its mask must say on which steps both sides have a value. Returns the steps on
 * which the two did not go together.
 */
export function elementsInto(
  left: StepColumn,
  right: StepColumn,
  out: StepColumn,
  options: ElementOptions,
): Uint8Array {
  const { op, returnBool } = options;
  const { length } = out.present;
  const histograms: (FloatHistogram | undefined)[] = new Array(length).fill(undefined);
  const failed = new Uint8Array(length);
  let hasHistogram = false;
  for (let i = 0; i < length; ) {
    const stop = blockEnd(i, length, options.spend);
    for (; i < stop; i++) {
      if (out.present[i] === 0) continue;
      const leftHistogram = left.histograms?.[i];
      const rightHistogram = right.histograms?.[i];
      options.spend(ELEMENT_WORK + histogramWork(leftHistogram) + histogramWork(rightHistogram));
      if (leftHistogram === undefined && rightHistogram === undefined) {
        if (!floatElement(left.values[i]!, right.values[i]!, out, i, options)) failed[i] = 1;
        continue;
      }
      const result = histogramElement(
        { histogram: leftHistogram, value: left.values[i]! },
        { histogram: rightHistogram, value: right.values[i]! },
        i,
        options,
      );
      if (result === null) {
        failed[i] = 1;
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
  }
  out.histograms = hasHistogram ? histograms : null;
  return failed;
}

/** Two values, histograms aside, take as long as so many in a tight loop. */
const ELEMENT_WORK = 20;

const leftCell = new Float64Array(1);
const rightCell = new Float64Array(1);
const outCell = new Float64Array(1);

/** False where floats do not go with the operator. */
function floatElement(left: number, right: number, out: StepColumn, step: number, options: ElementOptions): boolean {
  const { op, returnBool, notes, keep } = options;
  if (op === '</' || op === '>/') {
    notes.incompatible(step, 'float', op, 'float');
    out.present[step] = 0;
    return false;
  }
  leftCell[0] = left;
  rightCell[0] = right;
  if (!isComparison(op)) {
    arithmeticInto(op, leftCell, rightCell, outCell, options.spend);
    out.values[step] = outCell[0]!;
    return true;
  }
  compareInto(op, leftCell, rightCell, outCell, options.spend);
  if (returnBool) out.values[step] = outCell[0]!;
  else if (outCell[0] === 0) out.present[step] = 0;
  else out.values[step] = keep === 'left' ? left : right;
  return true;
}
