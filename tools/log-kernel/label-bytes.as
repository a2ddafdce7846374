/** Labels as `src/model/label-bytes.ts` draws them, for kernels that read the log. */

/** What `size32` read. */
export let stated: u32 = 0;

/** Reads a varint of 32 bits, in its shortest form, into `stated`; returns its end, or 0 where it has none. */
export function size32(from: usize, stop: usize): usize {
  if (from < stop) {
    const byte = <u32>load<u8>(from);
    if (byte < 0x80) {
      stated = byte;
      return from + 1;
    }
  }
  let at = from;
  let size: u64 = 0;
  for (let shift: u64 = 0; shift < 35; shift += 7) {
    if (at >= stop) return 0;
    const byte = <u64>load<u8>(at++);
    size |= (byte & 0x7f) << shift;
    if (byte >= 0x80) continue;
    if (byte == 0 && shift > 0) return 0;
    stated = <u32>size;
    return size > 0xffffffff ? 0 : at;
  }
  return 0;
}

/** The order of two texts by their bytes. */
export function isBefore(a: usize, aSize: u32, b: usize, bSize: u32): bool {
  const shorter = min(aSize, bSize);
  for (let i: u32 = 0; i < shorter; i++) {
    const left = load<u8>(a + i);
    const right = load<u8>(b + i);
    if (left != right) return left < right;
  }
  return aSize < bSize;
}

/** How many bytes are the same, `most` at most; up to seven bytes more are looked at. */
export function common(a: usize, b: usize, most: u32): u32 {
  let length: u32 = 0;
  while (length < most) {
    const differing = load<u64>(a + length) ^ load<u64>(b + length);
    if (differing != 0) return min(most, length + (<u32>ctz(differing) >>> 3));
    length += 8;
  }
  return most;
}
