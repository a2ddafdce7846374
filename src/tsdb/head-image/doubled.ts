/** The same array, or one with the same beginning that is as often doubled as it takes to have `least` entries. */
export function doubledUntil(array: Uint32Array<ArrayBuffer>, least: number): Uint32Array<ArrayBuffer> {
  if (array.length >= least) return array;
  let length = array.length;
  while (length < least) length *= 2;
  const larger = new Uint32Array(length);
  larger.set(array);
  return larger;
}
