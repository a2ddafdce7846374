import { blockEnd, type Spend } from './blocks.ts';
import { patternSort } from './pattern-sort.ts';

/**
 * The q-quantile (0 <= q <= 1) of `values`, which are put in order, between the two nearest ranks; for those that may lie at zeros of
 * both signs. These are equal, so which of them stands at a rank follows from how the reference sorts: as `patternSort` does, with
 * NaN less than everything, itself included. Slower than sorting numbers, and needed for the sign alone.
 */
export function quantileOfZeros(values: Float64Array, q: number, spend: Spend): number {
  patternSort(
    {
      isLess: (a, b) => {
        spend(COMPARING_WORK);
        return Number.isNaN(values[a]!) || values[a]! < values[b]!;
      },
      swap: (a, b) => {
        const value = values[a]!;
        values[a] = values[b]!;
        values[b] = value;
      },
    },
    values.length,
  );
  const rank = q * (values.length - 1);
  const lower = Math.max(0, Math.floor(rank));
  const upper = Math.min(values.length - 1, lower + 1);
  const weight = rank - Math.floor(rank);
  return values[lower]! * (1 - weight) + values[upper]! * weight;
}

const COMPARING_WORK = 3;

/** True where a -0 is among the values from `from` to `to`. */
export function hasNegativeZero(values: Float64Array, from: number, to: number, spend: Spend): boolean {
  for (let i = from; i < to; ) {
    const stop = blockEnd(i, to, spend);
    for (; i < stop; i++) if (values[i] === 0 && Object.is(values[i], -0)) return true;
  }
  return false;
}
