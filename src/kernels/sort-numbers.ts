import { blockEnd, type Spend } from './blocks.ts';

/** So many are sorted in one piece, which takes some 5 ms. */
const PIECE = 65_536;
/** Sorting a number in a piece takes as long as so many units of work. */
const SORT_WORK = 16;

/**
 * Sorts the first `length` numbers of `values`, none of them NaN, in rising order, -0 before 0. Long lists are sorted in
 * pieces that are merged; `spare` gives room for as many then.
 */
export function sortNumbers(values: Float64Array, length: number, spare: () => Float64Array, spend: Spend): void {
  if (length <= PIECE) {
    values.subarray(0, length).sort();
    return;
  }
  for (let from = 0; from < length; from += PIECE) {
    spend(SORT_WORK * PIECE);
    values.subarray(from, Math.min(length, from + PIECE)).sort();
  }
  let source = values;
  let target = spare();
  for (let size = PIECE; size < length; size *= 2) {
    for (let from = 0; from < length; from += 2 * size) {
      const middle = Math.min(length, from + size);
      merge(source, from, middle, Math.min(length, from + 2 * size), target, spend);
    }
    [source, target] = [target, source];
  }
  if (source !== values) values.set(source.subarray(0, length));
}

/** Merges the rising `source[from..middle)` and `source[middle..end)`. */
function merge(
  source: Float64Array,
  from: number,
  middle: number,
  end: number,
  target: Float64Array,
  spend: Spend,
): void {
  let left = from;
  let right = middle;
  for (let at = from; at < end; ) {
    const stop = blockEnd(at, end, spend);
    for (; at < stop; at++) {
      if (right === end || (left < middle && comesFirst(source[left]!, source[right]!))) target[at] = source[left++]!;
      else target[at] = source[right++]!;
    }
  }
}

function comesFirst(a: number, b: number): boolean {
  return a < b || (a === b && (a !== 0 || Object.is(a, -0) || Object.is(b, 0)));
}
