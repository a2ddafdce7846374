/** Decompression, for kernels that read the log. */

const MALFORMED: i32 = -1;

/**
 * A snappy block; there are 64 bytes of room behind it and behind the output's limit. Returns how many bytes it makes, or
 * a negative number where it is malformed or too large.
 */
export function snappy(start: usize, stop: usize, output: usize, limit: usize): i32 {
  let from = start;
  let size: u64 = 0;
  for (let shift: u64 = 0; ; shift += 7) {
    if (from >= stop || shift > 28) return MALFORMED;
    const byte = <u64>load<u8>(from++);
    size |= (byte & 0x7f) << shift;
    if (byte < 0x80) break;
  }
  if (size > <u64>(limit - output)) return MALFORMED;
  let to = output;
  const outputEnd = output + <usize>size;
  while (from < stop) {
    const tag = <u32>load<u8>(from++);
    let length: usize = (tag >>> 2) + 1;
    if ((tag & 3) == 0) {
      if (length > 60) {
        const extra = length - 60;
        if (extra > stop - from) return MALFORMED;
        const stated = <u64>(load<u32>(from) & (0xffffffff >>> (32 - (<u32>extra << 3)))) + 1;
        if (stated > <u64>(stop - from)) return MALFORMED;
        length = <usize>stated;
        from += extra;
      }
      if (length > stop - from || length > outputEnd - to) return MALFORMED;
      if (length <= 16) {
        store<u64>(to, load<u64>(from));
        store<u64>(to, load<u64>(from, 8), 8);
      } else memory.copy(to, from, length);
      from += length;
      to += length;
      continue;
    }
    let offset: usize;
    if ((tag & 3) == 1) {
      length = ((tag >>> 2) & 7) + 4;
      offset = ((tag & 0xe0) << 3) | <u32>load<u8>(from);
      from += 1;
    } else if ((tag & 3) == 2) {
      offset = <u32>load<u16>(from);
      from += 2;
    } else {
      offset = load<u32>(from);
      from += 4;
    }
    if (from > stop || offset == 0 || offset > to - output || length > outputEnd - to) return MALFORMED;
    let copy = to - offset;
    const copyEnd = to + length;
    if (offset >= 8) {
      store<u64>(to, load<u64>(copy));
      store<u64>(to, load<u64>(copy, 8), 8);
      for (let done: usize = 16; done < length; done += 8) store<u64>(to + done, load<u64>(copy + done));
    } else {
      for (; to < copyEnd; to++, copy++) store<u8>(to, load<u8>(copy));
    }
    to = copyEnd;
  }
  return to == outputEnd ? <i32>size : MALFORMED;
}
