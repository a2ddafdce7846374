/**
 * Scratch arrays of the range functions, kept and grown from series to series. One query thread works on one series at a
 * time, and no function keeps an array beyond its call.
 */
const floats: Float64Array[] = [];
const integers: Uint32Array[] = [];

/** A `Float64Array` of at least `length` entries with any contents; equal slots give the same array. */
export function workFloats(slot: 0 | 1 | 2 | 3, length: number): Float64Array {
  const known = floats[slot];
  if (known !== undefined && known.length >= length) return known;
  const grown = new Float64Array(grownLength(length));
  floats[slot] = grown;
  return grown;
}

/** A `Uint32Array` of at least `length` entries with any contents; equal slots give the same array. */
export function workIntegers(slot: 0 | 1, length: number): Uint32Array {
  const known = integers[slot];
  if (known !== undefined && known.length >= length) return known;
  const grown = new Uint32Array(grownLength(length));
  integers[slot] = grown;
  return grown;
}

function grownLength(length: number): number {
  return Math.max(1024, Math.ceil(length * 1.5));
}
