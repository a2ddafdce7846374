import { NEWLINE, SPACE, TAB } from './ascii.ts';
import { CLASSES, NAME, NAME_START } from './exposition-bytes.ts';
import { isUtf8 } from './utf8-check.ts';

/** Indexes into `ScanColumns.cursor`. */
export const CURSOR = {
  /** Offset of the next entry. */
  offset: 0,
  /** Rows written so far. */
  rows: 1,
  /** Values left to the exact number parser so far. */
  slow: 2,
  /** Metadata lines so far. */
  metadata: 3,
  /** The index entry of the last row that had one. */
  entry: 4,
  /** Exemplars so far. */
  exemplars: 5,
  /** The columns count as full at so many rows. */
  rowsMax: 6,
  size: 7,
} as const;

/** Numbers per metadata line: kind, name start, name end, text start, text end, and the row that follows. */
export const METADATA_STRIDE = 6;
/** Numbers per value left to the exact parser: row, start, end. */
export const SLOW_STRIDE = 3;

/** Kinds of metadata lines; a TYPE line's kind is `type` plus the index of the type in `METRIC_TYPES`. */
export const METADATA = {
  help: 1,
  unit: 2,
  /** A HELP line of OpenMetrics, whose text escapes quotes too. */
  quotedHelp: 3,
  type: 8,
} as const;

export const COMMENT_HARD = -1;
export const COMMENT_FULL = -2;

/** Reads a line that begins with `#`; writes a metadata line. Returns the next line's offset or a negative code. */
export function scanComment(bytes: Uint8Array, from: number, metadata: Uint32Array, cursor: Uint32Array): number {
  let at = from + 1;
  let c = bytes[at]!;
  let kind = 0;
  if (c === SPACE || c === TAB) {
    while (c === SPACE || c === TAB) c = bytes[++at]!;
    if (isWord(bytes, at, 0x48, 0x45, 0x4c, 0x50)) kind = METADATA.help;
    else if (isWord(bytes, at, 0x54, 0x59, 0x50, 0x45)) kind = METADATA.type;
  }
  if (kind === 0) return endOfLine(bytes, at);

  at += 4;
  c = bytes[at]!;
  while (c === SPACE || c === TAB) c = bytes[++at]!;
  if ((CLASSES[c]! & NAME_START) === 0) return COMMENT_HARD;
  const nameStart = at;
  do c = bytes[++at]!;
  while ((CLASSES[c]! & NAME) !== 0);
  const nameEnd = at;
  const next = endOfLine(bytes, at);
  if (next < 0) return COMMENT_HARD;
  // One character between name and text goes, whatever it is; a line of blanks has no text.
  let textStart = Math.min(nameEnd + 1, next - 1);
  let blank = textStart;
  while (bytes[blank] === SPACE || bytes[blank] === TAB) blank++;
  if (blank === next - 1 && (c === SPACE || c === TAB)) textStart = next - 1;
  if (kind === METADATA.help) {
    if (!isUtf8(bytes, textStart, next - 1)) return COMMENT_HARD;
  } else {
    const type = metricType(bytes, textStart, next - 1);
    if (type < 0) return COMMENT_HARD;
    kind += type;
  }

  const count = cursor[CURSOR.metadata]!;
  if (count + METADATA_STRIDE > metadata.length) return COMMENT_FULL;
  metadata[count] = kind;
  metadata[count + 1] = nameStart;
  metadata[count + 2] = nameEnd;
  metadata[count + 3] = textStart;
  metadata[count + 4] = next - 1;
  metadata[count + 5] = cursor[CURSOR.rows]!;
  cursor[CURSOR.metadata] = count + METADATA_STRIDE;
  return next;
}

/** The offset behind the next newline, or -1 where a NUL comes first. */
function endOfLine(bytes: Uint8Array, from: number): number {
  let at = from;
  let c = bytes[at]!;
  while (c !== NEWLINE) {
    if (c === 0) return COMMENT_HARD;
    c = bytes[++at]!;
  }
  return at + 1;
}

/** True when the four bytes at `at` are the given ones and a blank follows. */
function isWord(bytes: Uint8Array, at: number, a: number, b: number, c: number, d: number): boolean {
  if (bytes[at] !== a || bytes[at + 1] !== b || bytes[at + 2] !== c || bytes[at + 3] !== d) return false;
  return bytes[at + 4] === SPACE || bytes[at + 4] === TAB;
}

/** The index of a type's name in `METRIC_TYPES` of `exposition/rows.ts`; -1 for any other text. */
function metricType(bytes: Uint8Array, start: number, end: number): number {
  switch (end - start) {
    case 5:
      return matchesWord(bytes, start, GAUGE) ? 2 : -1;
    case 7:
      if (matchesWord(bytes, start, COUNTER)) return 1;
      if (matchesWord(bytes, start, SUMMARY)) return 4;
      return matchesWord(bytes, start, UNTYPED) ? 0 : -1;
    case 9:
      return matchesWord(bytes, start, HISTOGRAM) ? 3 : -1;
    default:
      return -1;
  }
}

const UNTYPED = new Uint8Array([0x75, 0x6e, 0x74, 0x79, 0x70, 0x65, 0x64]);
const COUNTER = new Uint8Array([0x63, 0x6f, 0x75, 0x6e, 0x74, 0x65, 0x72]);
const GAUGE = new Uint8Array([0x67, 0x61, 0x75, 0x67, 0x65]);
const HISTOGRAM = new Uint8Array([0x68, 0x69, 0x73, 0x74, 0x6f, 0x67, 0x72, 0x61, 0x6d]);
const SUMMARY = new Uint8Array([0x73, 0x75, 0x6d, 0x6d, 0x61, 0x72, 0x79]);

function matchesWord(bytes: Uint8Array, start: number, word: Uint8Array): boolean {
  for (let i = 0; i < word.length; i++) if (bytes[start + i] !== word[i]) return false;
  return true;
}
