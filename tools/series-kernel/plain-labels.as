import { isBefore, size32, stated } from './label-bytes';

// Labels as records have them, before anything is made of them: whether they are what the tables are made for.

export const TEXTS_OF_SET_MAX: u32 = 2048;

/** The end of labels in the form of `src/model/label-bytes.ts`, at least one pair and no empty text; else 0. */
export function labelsEnd(from: usize, stop: usize): usize {
  let at = size32(from, stop);
  if (at == 0 || stated == 0 || stated > TEXTS_OF_SET_MAX / 2) return 0;
  let name: usize = 0;
  let nameSize: u32 = 0;
  for (let pairs = stated; pairs > 0; pairs--) {
    at = size32(at, stop);
    if (at == 0 || stated == 0 || <usize>stated > stop - at) return 0;
    if (name != 0 && !isBefore(name, nameSize, at, stated)) return 0;
    name = at;
    nameSize = stated;
    at = size32(at + stated, stop);
    if (at == 0 || stated == 0 || <usize>stated > stop - at) return 0;
    at += stated;
  }
  return at;
}

/** False also for labels of which a text has 128 bytes or more. */
export function isAscii(from: usize, to: usize): bool {
  let seen: u64 = 0;
  let at = from;
  for (; at + 8 <= to; at += 8) seen |= load<u64>(at);
  for (; at < to; at++) seen |= <u64>load<u8>(at);
  return (seen & 0x8080808080808080) == 0;
}

/** True where each text of labels is ASCII. */
export function areAscii(labels: usize, stop: usize): bool {
  for (let at = size32(labels, stop); at < stop; at += stated) {
    at = size32(at, stop);
    if (!isAscii(at, at + stated)) return false;
  }
  return true;
}
