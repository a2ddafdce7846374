import { NEWLINE, SPACE } from './ascii.ts';
import { CLASSES, NAME, NAME_START } from './exposition-bytes.ts';
import { COMMENT_FULL, COMMENT_HARD, CURSOR, METADATA, METADATA_STRIDE } from './exposition-metadata.ts';
import { isUtf8 } from './utf8-check.ts';

/**
 * Reads a HELP, TYPE or UNIT line; writes a metadata line. Returns the next line's offset or a negative code, which
 * `# EOF` has too.
 */
export function scanOpenMetricsComment(
  bytes: Uint8Array,
  from: number,
  end: number,
  metadata: Uint32Array,
  cursor: Uint32Array,
): number {
  if (bytes[from + 1] !== SPACE) return COMMENT_HARD;
  let kind = 0;
  if (isWord(bytes, from + 2, 0x48, 0x45, 0x4c, 0x50)) kind = METADATA.quotedHelp;
  else if (isWord(bytes, from + 2, 0x54, 0x59, 0x50, 0x45)) kind = METADATA.type;
  else if (isWord(bytes, from + 2, 0x55, 0x4e, 0x49, 0x54)) kind = METADATA.unit;
  else return COMMENT_HARD;

  const nameStart = from + 7;
  let at = nameStart;
  let c = bytes[at]!;
  if ((CLASSES[c]! & NAME_START) === 0) return COMMENT_HARD;
  do c = bytes[++at]!;
  while ((CLASSES[c]! & NAME) !== 0);
  const nameEnd = at;
  if (c !== SPACE) return COMMENT_HARD;
  const textStart = at + 1;
  do {
    if (c === 0) return COMMENT_HARD;
    c = bytes[++at]!;
  } while (c !== NEWLINE);
  const textEnd = at;
  // NUL behind the line would belong to its text.
  if (textEnd >= end || bytes[textEnd + 1] === 0) return COMMENT_HARD;
  if (kind === METADATA.quotedHelp) {
    if (!isUtf8(bytes, textStart, textEnd)) return COMMENT_HARD;
  } else if (kind === METADATA.unit) {
    if (!isUnitOf(bytes, nameStart, nameEnd, textStart, textEnd)) return COMMENT_HARD;
  } else {
    const type = metricType(bytes, textStart, textEnd);
    if (type < 0) return COMMENT_HARD;
    kind += type;
  }

  const count = cursor[CURSOR.metadata]!;
  if (count + METADATA_STRIDE > metadata.length) return COMMENT_FULL;
  metadata[count] = kind;
  metadata[count + 1] = nameStart;
  metadata[count + 2] = nameEnd;
  metadata[count + 3] = textStart;
  metadata[count + 4] = textEnd;
  metadata[count + 5] = cursor[CURSOR.rows]!;
  cursor[CURSOR.metadata] = count + METADATA_STRIDE;
  return textEnd + 1;
}

function isWord(bytes: Uint8Array, at: number, a: number, b: number, c: number, d: number): boolean {
  if (bytes[at] !== a || bytes[at + 1] !== b || bytes[at + 2] !== c || bytes[at + 3] !== d) return false;
  return bytes[at + 4] === SPACE;
}

/** True where the name ends in an underscore and the unit, or there is no unit. */
export function isUnitOf(
  bytes: Uint8Array,
  nameStart: number,
  nameEnd: number,
  unitStart: number,
  unitEnd: number,
): boolean {
  const length = unitEnd - unitStart;
  if (length === 0) return true;
  if (nameEnd - nameStart < length + 1 || bytes[nameEnd - length - 1] !== 0x5f) return false;
  for (let i = 0; i < length; i++) if (bytes[nameEnd - length + i] !== bytes[unitStart + i]) return false;
  return true;
}

/** The index of a type's name in `METRIC_TYPES` of `exposition/rows.ts`; -1 for any other text. */
export function metricType(bytes: Uint8Array, start: number, end: number): number {
  for (let type = 0; type < TYPE_WORDS.length; type++) {
    if (isText(bytes, start, end, TYPE_WORDS[type]!)) return type;
  }
  return -1;
}

/** unknown, counter, gauge, histogram, summary, gaugehistogram, info, stateset. */
const TYPE_WORDS: readonly Uint8Array[] = [
  new Uint8Array([0x75, 0x6e, 0x6b, 0x6e, 0x6f, 0x77, 0x6e]),
  new Uint8Array([0x63, 0x6f, 0x75, 0x6e, 0x74, 0x65, 0x72]),
  new Uint8Array([0x67, 0x61, 0x75, 0x67, 0x65]),
  new Uint8Array([0x68, 0x69, 0x73, 0x74, 0x6f, 0x67, 0x72, 0x61, 0x6d]),
  new Uint8Array([0x73, 0x75, 0x6d, 0x6d, 0x61, 0x72, 0x79]),
  new Uint8Array([0x67, 0x61, 0x75, 0x67, 0x65, 0x68, 0x69, 0x73, 0x74, 0x6f, 0x67, 0x72, 0x61, 0x6d]),
  new Uint8Array([0x69, 0x6e, 0x66, 0x6f]),
  new Uint8Array([0x73, 0x74, 0x61, 0x74, 0x65, 0x73, 0x65, 0x74]),
];

function isText(bytes: Uint8Array, start: number, end: number, word: Uint8Array): boolean {
  if (end - start !== word.length) return false;
  for (let i = 0; i < word.length; i++) if (bytes[start + i] !== word[i]) return false;
  return true;
}
