import { blockEnd } from '../../kernels/blocks.ts';
import { maximum, minimum } from '../../kernels/float-parts.ts';
import type { ScalarFunction } from './contracts.ts';

/** Evaluation time in seconds. */
export const time: ScalarFunction = (out, { grid, spend }) => {
  for (let i = 0; i < out.length; ) {
    const stop = blockEnd(i, out.length, spend);
    for (; i < stop; i++) out[i] = (grid.start + i * grid.step) / 1000;
  }
};

export const pi: ScalarFunction = (out) => {
  out.fill(Math.PI);
};

export const maxOf: ScalarFunction = (out, { args, spend }) => {
  const [a, b] = args as [Float64Array, Float64Array];
  for (let i = 0; i < out.length; ) {
    const stop = blockEnd(i, out.length, spend);
    for (; i < stop; i++) out[i] = maximum(a[i]!, b[i]!);
  }
};

export const minOf: ScalarFunction = (out, { args, spend }) => {
  const [a, b] = args as [Float64Array, Float64Array];
  for (let i = 0; i < out.length; ) {
    const stop = blockEnd(i, out.length, spend);
    for (; i < stop; i++) out[i] = minimum(a[i]!, b[i]!);
  }
};
