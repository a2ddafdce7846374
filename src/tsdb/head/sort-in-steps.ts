/** Entries sorted or merged between two points at which the work may be interrupted: some 100 µs. */
const STEP_ENTRIES = 256;

/**
 * Sorts distinct numbers in place by `compare`, in steps: runs are sorted, then merged two by two.
 * Returns the array that holds the result, which is `entries` or one of its length.
 */
export function* sortInSteps(
  entries: Uint32Array,
  compare: (a: number, b: number) => number,
): Generator<undefined, Uint32Array> {
  for (let from = 0; from < entries.length; from += STEP_ENTRIES) {
    entries.subarray(from, from + STEP_ENTRIES).sort(compare);
    yield;
  }
  if (entries.length <= STEP_ENTRIES) return entries;
  let source = entries;
  let target: Uint32Array = new Uint32Array(entries.length);
  for (let width = STEP_ENTRIES; width < entries.length; width *= 2) {
    for (let from = 0; from < entries.length; from += 2 * width) {
      const middle = Math.min(from + width, entries.length);
      const end = Math.min(from + 2 * width, entries.length);
      let left = from;
      let right = middle;
      for (let at = from; at < end; at++) {
        const takesLeft = left < middle && (right === end || compare(source[left]!, source[right]!) <= 0);
        target[at] = takesLeft ? source[left++]! : source[right++]!;
        if (at % STEP_ENTRIES === 0) yield;
      }
    }
    [source, target] = [target, source];
  }
  return source;
}
