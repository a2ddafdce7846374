import { BLOCK_BEGUN_MAX, DONE, ENTRIES, ENTRY, LOOSE_REF, NO_MEMORY, STATE } from './layout';
import { appendRare, BYTES_CUT, nextBlock, predict, SAMPLES_MAX, SAMPLES_PREDICT, skip } from './open-chunk';

/**
 * Puts the samples that wait in a slot into its open chunk: what the chunk's state says, and the byte that is begun, stay in
 * registers meanwhile. Where it returns `FULL` or `NO_MEMORY`, the samples that are left wait on.
 */
export function encodeWaiting(slot: usize): i32 {
  const waiting = load<u32>(slot, 12);
  if (waiting == 0 || waiting == LOOSE_REF) return DONE;
  const stop = slot + ENTRIES + ENTRY * <usize>waiting;
  const state = slot + STATE;
  let entry = slot + ENTRIES;
  while (true) {
    entry = encode(state, entry, stop);
    if (entry == stop) break;
    const status =
      (entry & 1) != 0 ? NO_MEMORY : appendRare(slot, load<i64>(entry), bswap<u64>(load<u64>(entry, 8)));
    if (status != DONE) {
      const left = stop - (entry & ~1);
      memory.copy(slot + ENTRIES, entry & ~1, left);
      store<u32>(slot, <u32>(left / ENTRY), 12);
      return status;
    }
    entry += ENTRY;
    if (entry == stop) break;
  }
  store<u32>(slot, 0, 12);
  return DONE;
}

/** Returns `stop`, or the place of a sample that is not in the middle of a chunk; one more where there is no memory for it. */
function encode(state: usize, from: usize, stop: usize): usize {
  let entry = from;
  let samples = load<u32>(state, 28);
  if (samples < 2) return entry;
  let samplesEnd = samples > SAMPLES_PREDICT ? SAMPLES_MAX : SAMPLES_PREDICT;
  let last = load<i64>(state);
  let lastDelta = load<i64>(state, 8);
  let lastValue = load<u64>(state, 16);
  let nextCut = load<i64>(state, 32);
  let block = <usize>load<u32>(state, 40);
  const cursor = load<u32>(state, 24);
  let leading = (cursor >>> 16) & 0xff;
  let trailing = cursor >>> 24;
  let at = block + ((cursor & 0xffff) >>> 3);
  /** Of the byte at `at`, in the highest bits of `bits`. */
  let begun = cursor & 7;
  let bits = <u64>(<u32>load<u8>(at) & ~(0xff >>> begun)) << 56;
  let looksAt = nextLook(state, block);
  for (; entry < stop; entry += ENTRY) {
    const time = load<i64>(entry);
    if (time <= last) {
      skip();
      continue;
    }
    if (samples >= samplesEnd) {
      if (samples >= SAMPLES_MAX) break;
      predict(state, last);
      nextCut = load<i64>(state, 32);
      samplesEnd = SAMPLES_MAX;
    }
    if (time >= nextCut) break;
    if (at >= looksAt) {
      if (at - block + <usize>load<u16>(state, 48) + <usize>(begun != 0) > BYTES_CUT) break;
      if (at - block >= BLOCK_BEGUN_MAX) {
        const next = nextBlock(state, block, at - block);
        if (next == 0) {
          entry |= 1;
          break;
        }
        block = next;
        at = next;
        looksAt = nextLook(state, block);
      }
    }
    const delta = time - last;
    const dod = delta - lastDelta;
    last = time;
    lastDelta = delta;
    let code: u64 = 0;
    let size: u32 = 1;
    if (dod != 0) {
      if (dod >= -8191 && dod <= 8192) {
        code = 0x8000 | (<u64>dod & 0x3fff);
        size = 16;
      } else if (dod >= -65535 && dod <= 65536) {
        code = 0xc0000 | (<u64>dod & 0x1ffff);
        size = 20;
      } else if (dod >= -524287 && dod <= 524288) {
        code = 0xe00000 | (<u64>dod & 0xfffff);
        size = 24;
      } else {
        bits |= ((<u64>15 << 32) | (<u64>dod >> 32)) << (28 - begun);
        store<u64>(at, bswap<u64>(bits));
        begun += 36;
        at += begun >>> 3;
        bits <<= begun & 0x38;
        begun &= 7;
        code = <u64>dod & 0xffffffff;
        size = 32;
      }
    }
    const value = bswap<u64>(load<u64>(entry, 8));
    const xor = value ^ lastValue;
    lastValue = value;
    if (xor == 0) {
      code <<= 1;
      size += 1;
    } else {
      const zerosBefore = min<u32>(31, <u32>clz(xor));
      const zerosAfter = <u32>ctz(xor);
      // Not as branches: nobody can tell ahead which it is.
      const fits = <i32>(zerosBefore >= leading) & <i32>(zerosAfter >= trailing);
      leading = select<u32>(leading, zerosBefore, fits);
      trailing = select<u32>(trailing, zerosAfter, fits);
      const window: u64 = (3 << 11) | (<u64>leading << 6) | <u64>((64 - leading - trailing) & 63);
      code = select<u64>((code << 2) | 2, (code << 13) | window, fits);
      size += select<u32>(2, 13, fits);
      let length = 64 - leading - trailing;
      let rest = xor >> <u64>trailing;
      if (size + length > 56) {
        bits |= code << <u64>(64 - begun - size);
        store<u64>(at, bswap<u64>(bits));
        begun += size;
        at += begun >>> 3;
        bits <<= <u64>(begun & 0x38);
        begun &= 7;
        code = 0;
        size = 0;
        if (length > 56) {
          bits |= (rest >> 32) << <u64>(96 - begun - length);
          store<u64>(at, bswap<u64>(bits));
          begun += length - 32;
          at += begun >>> 3;
          bits <<= <u64>(begun & 0x38);
          begun &= 7;
          rest &= 0xffffffff;
          length = 32;
        }
      }
      code = (code << <u64>length) | rest;
      size += length;
    }
    bits |= code << <u64>(64 - begun - size);
    store<u64>(at, bswap<u64>(bits));
    begun += size;
    at += begun >>> 3;
    bits <<= <u64>(begun & 0x38);
    begun &= 7;
    samples++;
  }
  store<i64>(state, last);
  store<i64>(state, lastDelta, 8);
  store<u64>(state, lastValue, 16);
  store<u32>(state, (<u32>(at - block) << 3) | begun | (leading << 16) | (trailing << 24), 24);
  store<u32>(state, samples, 28);
  return entry;
}

/** From where on the chunk may be too large, or its block full. */
// @ts-ignore
@inline function nextLook(state: usize, block: usize): usize {
  return block + min(BLOCK_BEGUN_MAX, BYTES_CUT - <usize>load<u16>(state, 48));
}
