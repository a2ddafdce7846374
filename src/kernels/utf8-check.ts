/** True for well-formed UTF-8 (Unicode 15, table 3-7): no overlong forms, no surrogates, nothing above U+10FFFF. */
export function isUtf8(bytes: Uint8Array, start: number, end: number): boolean {
  let at = start;
  while (at < end) {
    const c = bytes[at]!;
    if (c < 0x80) {
      at++;
      continue;
    }
    if (c < 0xc2 || c > 0xf4) return false;
    const size = c < 0xe0 ? 2 : c < 0xf0 ? 3 : 4;
    if (at + size > end) return false;
    const second = bytes[at + 1]!;
    const lowest = c === 0xe0 ? 0xa0 : c === 0xf0 ? 0x90 : 0x80;
    const highest = c === 0xed ? 0x9f : c === 0xf4 ? 0x8f : 0xbf;
    if (second < lowest || second > highest) return false;
    for (let i = 2; i < size; i++) if ((bytes[at + i]! & 0xc0) !== 0x80) return false;
    at += size;
  }
  return true;
}
