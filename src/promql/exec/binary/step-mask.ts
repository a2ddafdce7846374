import { blockEnd, type Spend } from '../../../kernels/blocks.ts';
import type { StepColumn } from '../../steps/step-column.ts';

/** Marks the steps that are marked in `present`. */
export function addToMask(mask: Uint8Array, present: Uint8Array, spend: Spend): void {
  for (let i = 0; i < present.length; ) {
    const stop = blockEnd(i, present.length, spend);
    for (; i < stop; i++) mask[i]! |= present[i]!;
  }
}

/** Keeps the steps of a column that are marked, or, where `wanted` is false, those that are not. No mask: none is marked. */
export function filterByMask(column: StepColumn, mask: Uint8Array | undefined, wanted: boolean, spend: Spend): void {
  const { present } = column;
  if (mask === undefined) {
    if (wanted) present.fill(0);
    return;
  }
  const flip = wanted ? 0 : 1;
  for (let i = 0; i < present.length; ) {
    const stop = blockEnd(i, present.length, spend);
    for (; i < stop; i++) present[i]! &= mask[i]! ^ flip;
  }
}
