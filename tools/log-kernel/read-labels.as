import { common, isBefore, size32, stated } from './label-bytes';

/**
 * The hash of label sets, for the log kernel, in memory of its own:
 *
 *     0        where each text of the labels that were read last ends u32
 *     8 KiB    the hash of each u64
 *     24 KiB   their bytes, when their record is gone
 */
const LABEL_MEMORY: usize = 448 * 1024;
const TEXTS_KEPT: u32 = 2048;
const TEXT_ENDS: usize = LABEL_MEMORY;
const TEXT_HASHES: usize = TEXT_ENDS + 4 * <usize>TEXTS_KEPT;
const LABEL_BYTES_KEPT: u32 = 64 * 1024;
const LABELS: usize = TEXT_HASHES + 8 * <usize>TEXTS_KEPT;
export const LABEL_MEMORY_END: usize = LABELS + <usize>LABEL_BYTES_KEPT;

/** Of the labels that were read last: their hash, the sum of that of their texts. */
export let labelHash: u64 = 0;
/** Their texts, and the bytes of these, as long as there are not more than `TEXTS_KEPT`. */
let lastTexts: u32 = 0;
let last: usize = 0;
let lastSize: u32 = 0;

/**
 * The end of labels as `model/label-bytes.ts` draws them; 0 where they are not in that form, in which the same labels are the
 * same bytes: names rise, and no value is empty. Whether texts are UTF-8 is not looked at. Label sets come in runs that share
 * most texts: those that the one before had at the same place are not looked at again.
 */
export function readLabels(labels: usize, stop: usize): usize {
  const first = size32(labels, stop);
  if (first == 0 || <usize>stated > stop - first) return 0;
  const texts: u32 = 2 * stated;
  if (texts != lastTexts) return readAllLabels(first, texts, stop);
  let at = first;
  let knownAt: u32 = 0;
  let text: u32 = 0;
  while (text < texts) {
    const same = knownAt + common(at, last + knownAt, min(<u32>(stop - at), lastSize - knownAt));
    const shift = <u32>(at - first) - knownAt;
    for (; text < texts; text++) {
      const place = TEXT_ENDS + (<usize>text << 2);
      const textEnd = load<u32>(place);
      if (textEnd > same) break;
      knownAt = textEnd;
      store<u32>(place, textEnd + shift);
    }
    at = first + <usize>(knownAt + shift);
    if (text == texts) break;
    if ((text & 1) == 0) return readAllLabels(first, texts, stop);
    at = size32(at, stop);
    if (at == 0 || stated == 0 || <usize>stated > stop - at) {
      lastTexts = 0;
      return 0;
    }
    store<u64>(TEXT_HASHES + (<usize>text << 3), textHash(at, stated, text));
    at += stated;
    const place = TEXT_ENDS + (<usize>text << 2);
    knownAt = load<u32>(place);
    store<u32>(place, <u32>(at - first));
    text++;
  }
  last = first;
  lastSize = <u32>(at - first);
  labelHash = 0;
  for (let text: u32 = 0; text < texts; text++) labelHash += load<u64>(TEXT_HASHES + (<usize>text << 3));
  return at;
}

function readAllLabels(first: usize, texts: u32, stop: usize): usize {
  lastTexts = 0;
  labelHash = 0;
  let at = first;
  let name: usize = 0;
  let nameSize: u32 = 0;
  for (let text: u32 = 0; text < texts; text++) {
    at = size32(at, stop);
    if (at == 0 || <usize>stated > stop - at) return 0;
    const size: u32 = stated;
    if ((text & 1) == 1) {
      if (size == 0) return 0;
    } else {
      if (name != 0 && !isBefore(name, nameSize, at, size)) return 0;
      name = at;
      nameSize = size;
    }
    const hash = textHash(at, size, text);
    labelHash += hash;
    at += size;
    if (text >= TEXTS_KEPT) continue;
    store<u64>(TEXT_HASHES + (<usize>text << 3), hash);
    store<u32>(TEXT_ENDS + (<usize>text << 2), <u32>(at - first));
  }
  if (texts <= TEXTS_KEPT) lastTexts = texts;
  last = first;
  lastSize = <u32>(at - first);
  return at;
}

/** The bytes of the labels that were read last are about to go. */
export function keepLabels(): void {
  if (lastSize > LABEL_BYTES_KEPT) lastTexts = 0;
  if (lastTexts == 0 || last == LABELS) return;
  memory.copy(LABELS, last, lastSize);
  last = LABELS;
}

/** Of a text at a place among those of its labels. */
function textHash(from: usize, size: u32, text: u32): u64 {
  let hash: u64 = 0x9e3779b97f4a7c15 * (<u64>text + 1) ^ <u64>size;
  let at = from;
  const to = from + <usize>size;
  for (; at + 8 <= to; at += 8) {
    hash = (hash ^ load<u64>(at)) * 0xff51afd7ed558ccd;
    hash ^= hash >> 32;
  }
  for (; at < to; at++) {
    hash = (hash ^ <u64>load<u8>(at)) * 0xff51afd7ed558ccd;
    hash ^= hash >> 32;
  }
  hash = (hash ^ (hash >> 29)) * 0xc4ceb9fe1a85ec53;
  return hash ^ (hash >> 32);
}
