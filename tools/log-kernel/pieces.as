/**
 * Pieces of a log, made ready for `samples.as`: what frames hold is checked, put together and decompressed. Whichever thread has
 * time does that, each with an instance of its own over the same memory; apart from a slot nothing is written here.
 *
 *     slot     bytes of the file | compressed records that were in several fragments | records (the list) | decompressed
 *     record   0 where it begins u32 | 4 where it ends u32, both in the slot's bytes | 8 compressed u32 | 12 size of that u32
 *              16 decompressed u32 | 20 size of that u32 | 24 flags of its fragments u32 | 28 1 = samples as nearly all are u32
 *
 * Nothing but what is as it should be is taken: what follows is left to whoever knows what to do with it.
 */

import { crc32c } from './checksum';
import { PIECE_SLOTS } from './layout';
import { isUsual } from './samples';
import { snappy } from './snappy';

const SLOT_BYTES: usize = 3584 * 1024;
const FILE_BYTES: usize = 320 * 1024;
const LIST: usize = 2 * FILE_BYTES;
const LIST_BYTES: usize = 64 * 1024;
const DECODED: usize = LIST + LIST_BYTES;
/** Kernels read and write some bytes more than there are. */
const SLACK: usize = 64;
const RECORD: usize = 32;

const PAGE: usize = 32 * 1024;
const HEADER: usize = 7;
const FIRST: u32 = 2;
const LAST: u32 = 4;
const KIND: u32 = 7;
const SNAPPY_FLAG: u32 = 8;

const SAMPLES: u32 = 2;

/** How far it was looked at: what follows is not of this piece, or is left. */
export let readyEnd: u32 = 0;

/** Where the fragment's data end; 0 where it is not as it should be. */
function fragmentEnd(at: usize, bytes: usize, size: usize): usize {
  const pageEnd = ((at - bytes) & ~(PAGE - 1)) + PAGE + bytes;
  const stop = min(pageEnd, bytes + size);
  if (at + HEADER > stop) return 0;
  const type = <u32>load<u8>(at);
  if ((type & ~(KIND | SNAPPY_FLAG)) != 0 || (type & KIND) == 0 || (type & KIND) > LAST) return 0;
  const end = at + HEADER + (<usize>load<u8>(at, 1) << 8 | <usize>load<u8>(at, 2));
  return end > stop ? 0 : end;
}

// @ts-ignore
@inline function isWhole(at: usize, end: usize): bool {
  return crc32c(at + HEADER, end) == bswap<u32>(load<u32>(at, 3));
}

/** Behind the zeros that end a page; 0 where other bytes are among them. */
function paddingEnd(at: usize, bytes: usize, size: usize): usize {
  const end = min(((at - bytes) & ~(PAGE - 1)) + PAGE, size) + bytes;
  for (let i = at; i < end; i++) if (load<u8>(i) != 0) return 0;
  return end;
}

/**
 * Makes the records ready that begin between `from` and `stop`, of `size` bytes of the file that the slot has. Its first byte is
 * one of a page; at `from` a record begins, or, where `isInside` says so, any fragment may. Returns how many there are.
 */
export function ready(index: u32, size: usize, from: usize, stop: usize, isInside: u32): u32 {
  const bytes = PIECE_SLOTS + SLOT_BYTES * <usize>index;
  const decodedEnd = bytes + SLOT_BYTES - SLACK;
  const listEnd = bytes + DECODED;
  let record = bytes + LIST;
  let decoded = bytes + DECODED;
  let assembled = bytes + FILE_BYTES;
  let at = bytes + from;
  const last = bytes + min(stop, size);
  while (at < last && record < listEnd) {
    const pageLeft = PAGE - ((at - bytes) & (PAGE - 1));
    if (pageLeft < HEADER || load<u8>(at) == 0) {
      const end = paddingEnd(at, bytes, size);
      if (end == 0) break;
      at = end;
      continue;
    }
    let end = fragmentEnd(at, bytes, size);
    if (end == 0) break;
    const type = <u32>load<u8>(at);
    const kind = type & KIND;
    if (kind > FIRST) {
      // The end of a record that began before: whoever comes from there looks at it.
      if (isInside == 0 || record != bytes + LIST) break;
      at = end;
      continue;
    }
    if (!isWhole(at, end)) break;
    let compressed = at + HEADER;
    let compressedSize = end - compressed;
    if (kind == FIRST) {
      memory.copy(assembled, compressed, compressedSize);
      compressed = assembled;
      end = assembleRest(end, bytes, size, type & SNAPPY_FLAG, assembled + compressedSize);
      if (end == 0) break;
      compressedSize = assembledEnd - compressed;
      assembled = assembledEnd;
    }
    let place = compressed;
    let placeSize = compressedSize;
    if ((type & SNAPPY_FLAG) != 0) {
      const made = snappy(compressed, compressed + compressedSize, decoded, decodedEnd);
      if (made < 0) break;
      place = decoded;
      placeSize = <usize>made;
      decoded = (decoded + placeSize + 15) & ~7;
      if (decoded > decodedEnd) break;
    }
    if (placeSize == 0) break;
    store<u32>(record, <u32>(at - bytes));
    store<u32>(record, <u32>(end - bytes), 4);
    store<u32>(record, <u32>compressed, 8);
    store<u32>(record, <u32>compressedSize, 12);
    store<u32>(record, <u32>place, 16);
    store<u32>(record, <u32>placeSize, 20);
    store<u32>(record, type & SNAPPY_FLAG, 24);
    store<u32>(record, <u32>(load<u8>(place) == SAMPLES && isUsual(place, place + placeSize)), 28);
    record += RECORD;
    at = end;
  }
  readyEnd = <u32>(at - bytes);
  return <u32>((record - bytes - LIST) / RECORD);
}

let assembledEnd: usize = 0;

/** Puts the fragments from `at` on behind the first one of their record; their end, or 0. */
function assembleRest(first: usize, bytes: usize, size: usize, flags: u32, output: usize): usize {
  let at = first;
  let to = output;
  while (true) {
    const end = fragmentEnd(at, bytes, size);
    if (end == 0) return 0;
    const type = <u32>load<u8>(at);
    const kind = type & KIND;
    if (kind <= FIRST || (type & SNAPPY_FLAG) != flags || !isWhole(at, end)) return 0;
    memory.copy(to, at + HEADER, end - at - HEADER);
    to += end - at - HEADER;
    at = end;
    if (kind == LAST) break;
  }
  assembledEnd = to;
  return at;
}
