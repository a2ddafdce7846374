/**
 * Hash of `length` bytes from `start`, for hash tables in memory: fast, seeded, not stable across versions.
 * Four bytes at a time with the mixing steps of MurmurHash3 (Austin Appleby, public domain).
 *
 * @param view over the buffer that holds the bytes; offsets count from the view's start
 * @param seed any 32-bit number; a random one keeps hostile input from choosing collisions
 * @returns an unsigned 32-bit number
 */
export function hashBytes(view: DataView, start: number, length: number, seed: number): number {
  let hash = seed | 0;
  const end = start + length;
  let at = start;
  for (const last = end - 4; at <= last; at += 4) {
    hash = mix(hash, view.getInt32(at, true));
  }
  if (at < end) {
    let word = view.getUint8(at);
    if (at + 1 < end) word |= view.getUint8(at + 1) << 8;
    if (at + 2 < end) word |= view.getUint8(at + 2) << 16;
    hash = mix(hash, word);
  }
  hash ^= length;
  hash = Math.imul(hash ^ (hash >>> 16), 0x85ebca6b);
  hash = Math.imul(hash ^ (hash >>> 13), 0xc2b2ae35);
  return (hash ^ (hash >>> 16)) >>> 0;
}

function mix(hash: number, word: number): number {
  let k = Math.imul(word, 0xcc9e2d51);
  k = (k << 15) | (k >>> 17);
  const mixed = hash ^ Math.imul(k, 0x1b873593);
  return (Math.imul((mixed << 13) | (mixed >>> 19), 5) + 0xe6546b64) | 0;
}

/** True when `length` bytes from `aStart` and from `bStart` are the same; four bytes at a time. */
export function equalBytes(a: DataView, aStart: number, b: DataView, bStart: number, length: number): boolean {
  if (length < 4) {
    for (let i = 0; i < length; i++) if (a.getUint8(aStart + i) !== b.getUint8(bStart + i)) return false;
    return true;
  }
  const last = length - 4;
  for (let i = 0; i < last; i += 4) {
    if (a.getInt32(aStart + i, true) !== b.getInt32(bStart + i, true)) return false;
  }
  return a.getInt32(aStart + last, true) === b.getInt32(bStart + last, true);
}
