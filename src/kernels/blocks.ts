/**
 * Told of work that is about to be done, in units of a sample or a step: a few nanoseconds. It may throw, where nobody waits
 * for the result any more.
 */
export type Spend = (work: number) => void;

/** Of loops whose length is known to be small, and where there is nobody to tell. */
export const untold: Spend = () => {};

/**
 * Samples or steps of a long loop between two calls of `spend`: some hundredths of a millisecond, and some milliseconds where V8
 * has not compiled the loop yet, on a machine that others use.
 */
const BLOCK = 8_192;

/**
 * Cuts a loop whose length others decide into blocks: where the block that begins at `from` ends. Loops of one block say
 * nothing, so short ones cost nothing; and the inner loop makes no call, so long ones hardly do.
 *
 *     for (let i = 0; i < length; ) {
 *       const stop = blockEnd(i, length, spend);
 *       for (; i < stop; i++) ...
 *     }
 */
export function blockEnd(from: number, end: number, spend: Spend): number {
  if (end - from <= BLOCK) return end;
  spend(BLOCK);
  return from + BLOCK;
}

/** `array.fill(value)`, which takes long where its memory is new. */
export function fillBlocks(array: Float64Array | Uint8Array, value: number, spend: Spend): void {
  for (let i = 0; i < array.length; ) {
    const stop = blockEnd(i, array.length, spend);
    array.fill(value, i, stop);
    i = stop;
  }
}
