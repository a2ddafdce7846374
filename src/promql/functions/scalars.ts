import { maximum, minimum } from '../../kernels/float-parts.ts';
import type { ScalarFunction } from './contracts.ts';

/** Evaluation time in seconds. */
export const time: ScalarFunction = (out, { grid }) => {
  for (let i = 0; i < out.length; i++) out[i] = (grid.start + i * grid.step) / 1000;
};

export const pi: ScalarFunction = (out) => {
  out.fill(Math.PI);
};

export const maxOf: ScalarFunction = (out, { args }) => {
  const [a, b] = args as [Float64Array, Float64Array];
  for (let i = 0; i < out.length; i++) out[i] = maximum(a[i]!, b[i]!);
};

export const minOf: ScalarFunction = (out, { args }) => {
  const [a, b] = args as [Float64Array, Float64Array];
  for (let i = 0; i < out.length; i++) out[i] = minimum(a[i]!, b[i]!);
};
