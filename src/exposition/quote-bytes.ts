import { isUtf8 } from '../kernels/utf8-check.ts';
import { goQuote } from '../model/labels.ts';
import { stringFromUtf8 } from '../model/utf8.ts';

/** Longest stretch of a body that an error message repeats; what lies beyond is cut. */
const QUOTED_BYTES_MAX = 4096;

/** Quotes bytes as Go's `%q` does: as text, with `\xff` for each byte that is not UTF-8. */
export function quoteBytes(bytes: Uint8Array, start: number, end: number): string {
  const stop = Math.min(end, start + QUOTED_BYTES_MAX);
  const cut = stop < end ? '...' : '';
  if (isUtf8(bytes, start, stop)) return goQuote(stringFromUtf8(bytes.subarray(start, stop))) + cut;
  let quoted = '';
  for (let at = start; at < stop; ) {
    let size = bytes[at]! < 0x80 ? 1 : 2;
    while (size <= 4 && !(at + size <= stop && isUtf8(bytes, at, at + size))) size++;
    if (size <= 4) {
      quoted += goQuote(stringFromUtf8(bytes.subarray(at, at + size))).slice(1, -1);
      at += size;
    } else {
      quoted += `\\x${bytes[at]!.toString(16).padStart(2, '0')}`;
      at++;
    }
  }
  return `"${quoted}"${cut}`;
}
