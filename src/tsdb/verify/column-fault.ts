/** Why the samples of a chunk are not what is said of it, or null. */
export function columnFault(
  { length, times }: { readonly length: number; readonly times: Float64Array },
  minTime: number,
  maxTime: number,
): string | null {
  if (length === 0) return 'a chunk without samples';
  for (let i = 1; i < length; i++) {
    if (times[i]! <= times[i - 1]!) return `sample ${i} at ${times[i]} is not after the one at ${times[i - 1]}`;
  }
  if (times[0] === minTime && times[length - 1] === maxTime) return null;
  return `a chunk from ${times[0]} to ${times[length - 1]} that is said to be from ${minTime} to ${maxTime}`;
}
