import { blockEnd, type Spend } from '../../kernels/blocks.ts';
import { exponential } from '../../kernels/exponential.ts';
import { maximum, minimum } from '../../kernels/float-parts.ts';
import {
  hyperbolicCosine,
  hyperbolicSine,
  hyperbolicTangent,
  inverseHyperbolicCosine,
  inverseHyperbolicSine,
  inverseHyperbolicTangent,
} from '../../kernels/hyperbolic.ts';
import { arcCosine, arcSine, arcTangent } from '../../kernels/inverse-trigonometric.ts';
import { binaryLogarithm, decimalLogarithm, naturalLogarithm } from '../../kernels/logarithm.ts';
import { cosine, sine, tangent } from '../../kernels/trigonometric.ts';
import type { StepColumn } from '../steps/step-column.ts';
import type { InstantFunction } from './contracts.ts';

/** Functions of one number; histograms have no result. */
export const abs = elementwise(Math.abs);
export const ceil = elementwise(Math.ceil);
export const floor = elementwise(Math.floor);
export const sqrt = elementwise(Math.sqrt);
export const exp = elementwise(exponential);
export const ln = elementwise(naturalLogarithm);
export const log2 = elementwise(binaryLogarithm);
export const log10 = elementwise(decimalLogarithm);
export const sin = elementwise(sine);
export const cos = elementwise(cosine);
export const tan = elementwise(tangent);
export const asin = elementwise(arcSine);
export const acos = elementwise(arcCosine);
export const atan = elementwise(arcTangent);
export const sinh = elementwise(hyperbolicSine);
export const cosh = elementwise(hyperbolicCosine);
export const tanh = elementwise(hyperbolicTangent);
export const asinh = elementwise(inverseHyperbolicSine);
export const acosh = elementwise(inverseHyperbolicCosine);
export const atanh = elementwise(inverseHyperbolicTangent);
export const rad = elementwise((x) => (x * Math.PI) / 180);
export const deg = elementwise((x) => (x * 180) / Math.PI);
export const sgn = elementwise((x) => (x < 0 ? -1 : x > 0 ? 1 : x));

/** Limits values to [min, max]; where min > max there is no result. */
export const clamp: InstantFunction = (input, out, { args, spend }) => {
  const [least, greatest] = args as [Float64Array, Float64Array];
  limit(input, out, least, greatest, spend);
};

export const clampMin: InstantFunction = (input, out, { args, spend }) => limit(input, out, args[0]!, null, spend);

export const clampMax: InstantFunction = (input, out, { args, spend }) => limit(input, out, null, args[0]!, spend);

/** Rounds to the nearest multiple, halves up. */
export const round: InstantFunction = (input, out, { args, spend }) => {
  copyFloats(input, out, spend);
  const { values, present } = out;
  const multiples = args[0] ?? null;
  for (let i = 0; i < present.length; ) {
    const stop = blockEnd(i, present.length, spend);
    for (; i < stop; i++) {
      if (present[i] === 0) continue;
      const inverse = multiples === null ? 1 : 1 / multiples[i]!;
      values[i] = Math.floor(values[i]! * inverse + 0.5) / inverse;
    }
  }
};

function elementwise(f: (x: number) => number): InstantFunction {
  return (input, out, { spend }) => {
    copyFloats(input, out, spend);
    const { values, present } = out;
    for (let i = 0; i < present.length; ) {
      const stop = blockEnd(i, present.length, spend);
      for (; i < stop; i++) if (present[i] === 1) values[i] = f(values[i]!);
    }
  };
}

function limit(
  input: StepColumn,
  out: StepColumn,
  least: Float64Array | null,
  greatest: Float64Array | null,
  spend: Spend,
): void {
  copyFloats(input, out, spend);
  const { values, present } = out;
  for (let i = 0; i < present.length; ) {
    const stop = blockEnd(i, present.length, spend);
    for (; i < stop; i++) {
      const low = least === null ? -Infinity : least[i]!;
      const high = greatest === null ? Infinity : greatest[i]!;
      if (high < low) present[i] = 0;
      else if (present[i] === 1) values[i] = maximum(low, minimum(high, values[i]!));
    }
  }
}

/** Takes over the steps that hold floats. */
export function copyFloats(input: StepColumn, out: StepColumn, spend: Spend): void {
  if (out !== input) {
    out.values.set(input.values);
    out.present.set(input.present);
  }
  const { histograms } = input;
  if (histograms !== null) {
    for (let i = 0; i < out.present.length; ) {
      const stop = blockEnd(i, out.present.length, spend);
      for (; i < stop; i++) if (histograms[i] !== undefined) out.present[i] = 0;
    }
  }
  out.histograms = null;
}
