import { equalBytes, hashBytes } from './hash.ts';
import { NOT_SHORT_DECIMAL, parseDecimal } from './parse-number.ts';

/** Where `scanExposition` stopped. Always between two entries, so that a call can go on from `cursor`. */
export const SCAN = {
  /** The body is read to its end. */
  done: 0,
  /** A column is full: grow the columns and call again. */
  full: 1,
  /** The entry at the cursor is malformed, or well-formed in a way that only the careful parser reads. */
  hard: 2,
} as const;

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
  size: 5,
} as const;

/** Numbers per metadata line: kind, name start, name end, text start, text end, and the row that follows. */
export const METADATA_STRIDE = 6;
/** Numbers per value left to the exact parser: row, start, end. */
export const SLOW_STRIDE = 3;

/** Kinds of metadata lines; a TYPE line's kind is `type` plus the index of the type in `METRIC_TYPES`. */
export const METADATA = { help: 1, unit: 2, type: 8 } as const;

/** What a scan writes. Columns of rows have one capacity; the caller grows them. */
export interface ScanColumns {
  seriesStart: Uint32Array;
  seriesEnd: Uint32Array;
  values: Float64Array;
  /** The same buffer as `values`. */
  bits: Uint32Array;
  times: Float64Array;
  hasTime: Uint8Array;
  /** The entry of the index that has the row's series bytes; 0 for none. */
  entries: Uint32Array;
  slow: Uint32Array;
  metadata: Uint32Array;
  cursor: Uint32Array;
}

/**
 * The series of earlier scans by their bytes. Entry 0 stands for "none"; `next[0]` is the entry of the first row.
 * `table` holds entry numbers by hash, open addressing with linear probing; its size is a power of two and it always
 * has a free (zero) slot.
 */
export interface SeriesIndex {
  /** The entry that followed each entry last time. */
  next: Uint32Array;
  keyStart: Uint32Array;
  keyLength: Uint32Array;
  hashes: Uint32Array;
  keys: DataView;
  table: Uint32Array;
  seed: number;
}

const TAB = 0x09;
const NEWLINE = 0x0a;
const SPACE = 0x20;
const QUOTE = 0x22;
const HASH = 0x23;
const COMMA = 0x2c;
const EQUAL = 0x3d;
const BACKSLASH = 0x5c;
const BRACE_OPEN = 0x7b;
const BRACE_CLOSE = 0x7d;

/** Bits of `CLASSES`. */
const NAME_START = 1;
const NAME = 2;
const LABEL_START = 4;
const LABEL = 8;
/** A byte that is not plain text within quotes: the quote, the backslash, NUL and everything beyond ASCII. */
const QUOTED_STOP = 16;
/** A byte that ends a value. */
const VALUE_STOP = 32;

const CLASSES = byteClasses();

function byteClasses(): Uint8Array {
  const classes = new Uint8Array(256);
  for (let c = 0; c < 256; c++) {
    const letter = (c >= 0x41 && c <= 0x5a) || (c >= 0x61 && c <= 0x7a) || c === 0x5f;
    const digit = c >= 0x30 && c <= 0x39;
    let bits = 0;
    if (letter) bits |= NAME_START | NAME | LABEL_START | LABEL;
    if (c === 0x3a) bits |= NAME_START | NAME;
    if (digit) bits |= NAME | LABEL;
    if (c === QUOTE || c === BACKSLASH || c === 0 || c >= 0x80) bits |= QUOTED_STOP;
    if (c === TAB || c === NEWLINE || c === SPACE || c === BRACE_OPEN || c === 0) bits |= VALUE_STOP;
    classes[c] = bits;
  }
  return classes;
}

/**
 * Reads a body in the text format 0.0.4 into columns and matches its series against the index, in one pass.
 *
 * A target sends the same series in the same order every time. So each line is first compared with the series that
 * followed the previous one last time: where the bytes agree, the name and labels need no further look, only the value
 * is parsed. Other lines are read byte by byte and looked up by hash.
 *
 * @param bytes the body; `bytes[end]` must be a newline and `bytes[end + 1]` zero, which stop every inner loop
 * @param view over the same bytes
 * @param end the body's size
 * @param columns what is written; `columns.cursor` says where to go on
 * @param index the known series; one with `next = [0]` and a table of zeros where there are none
 * @returns one of `SCAN`; on `hard` nothing of the entry at the cursor has been written
 */
export function scanExposition(
  bytes: Uint8Array,
  view: DataView,
  end: number,
  columns: ScanColumns,
  index: SeriesIndex,
): number {
  const { seriesStart, seriesEnd, values, bits, times, hasTime, entries, slow, cursor } = columns;
  const { next, keyStart, keyLength, hashes, keys, table, seed } = index;
  const rowsMax = seriesStart.length;
  const slowMax = slow.length;
  const tableMask = table.length - 1;
  let at = cursor[CURSOR.offset]!;
  let row = cursor[CURSOR.rows]!;
  let slowCount = cursor[CURSOR.slow]!;
  let previous = cursor[CURSOR.entry]!;
  let result: number = SCAN.done;

  while (at < end) {
    const start = at;
    const guess = next[previous]!;
    let entry = 0;
    let seriesStop = start;
    let c = bytes[at]!;

    if (guess !== 0) {
      const length = keyLength[guess]!;
      const stop = start + length;
      if (stop <= end && equalBytes(view, start, keys, keyStart[guess]!, length)) {
        at = stop;
        c = bytes[at]!;
        if (c === SPACE || c === TAB) {
          while (c === SPACE || c === TAB) c = bytes[++at]!;
          // "name" alone may be the beginning of "name {labels}", which is another series.
          if (c !== BRACE_OPEN) {
            entry = guess;
            seriesStop = stop;
          }
        }
        if (entry === 0) {
          at = start;
          c = bytes[at]!;
        }
      }
    }

    if (entry === 0) {
      while (c === SPACE || c === TAB) c = bytes[++at]!;
      if (c === NEWLINE) {
        at++;
        continue;
      }
      if (c === HASH) {
        columns.cursor[CURSOR.rows] = row;
        const stop = scanComment(bytes, at, columns);
        if (stop < 0) {
          at = start;
          result = stop === COMMENT_FULL ? SCAN.full : SCAN.hard;
          break;
        }
        at = stop;
        continue;
      }
      const named = (CLASSES[c]! & NAME_START) !== 0;
      if (named) {
        do c = bytes[++at]!;
        while ((CLASSES[c]! & NAME) !== 0);
        seriesStop = at;
        while (c === SPACE || c === TAB) c = bytes[++at]!;
      }
      if (c === BRACE_OPEN) {
        at = scanLabels(bytes, at + 1, named);
        if (at < 0) {
          at = start;
          result = SCAN.hard;
          break;
        }
        seriesStop = at;
        c = bytes[at]!;
        while (c === SPACE || c === TAB) c = bytes[++at]!;
      } else if (!named) {
        at = start;
        result = SCAN.hard;
        break;
      }
      const length = seriesStop - start;
      const hash = hashBytes(view, start, length, seed);
      for (let slot = hash & tableMask; ; slot = (slot + 1) & tableMask) {
        const candidate = table[slot]!;
        if (candidate === 0) break;
        if (
          hashes[candidate] === hash &&
          keyLength[candidate] === length &&
          equalBytes(view, start, keys, keyStart[candidate]!, length)
        ) {
          entry = candidate;
          break;
        }
      }
    }

    if (row === rowsMax || slowCount + SLOW_STRIDE > slowMax) {
      at = start;
      result = SCAN.full;
      break;
    }

    const valueStart = at;
    let isSlow = false;
    at = parseDecimal(bytes, valueStart, values, row);
    if (at === NOT_SHORT_DECIMAL || (CLASSES[bytes[at]!]! & VALUE_STOP) === 0) {
      at = valueStart;
      while ((CLASSES[bytes[at]!]! & VALUE_STOP) === 0) at++;
      if (isNaNText(bytes, valueStart, at)) {
        bits[2 * row] = 0x00000001;
        bits[2 * row + 1] = 0x7ff80000;
      } else {
        isSlow = true;
      }
    }
    const valueStop = at;

    c = bytes[at]!;
    while (c === SPACE || c === TAB) c = bytes[++at]!;
    if (c === NEWLINE) {
      hasTime[row] = 0;
    } else {
      const timeStart = at;
      let time = 0;
      let digit = c ^ 0x30;
      while (digit < 10) {
        time = time * 10 + digit;
        digit = (c = bytes[++at]!) ^ 0x30;
      }
      const digits = at - timeStart;
      while (c === SPACE || c === TAB) c = bytes[++at]!;
      // Beyond 15 digits the sum above may round, and from 19 on the time may not fit into 64 bits.
      if (c !== NEWLINE || digits === 0 || digits > 15) {
        at = start;
        result = SCAN.hard;
        break;
      }
      hasTime[row] = 1;
      times[row] = time;
    }
    if (valueStop === valueStart) {
      at = start;
      result = SCAN.hard;
      break;
    }
    if (isSlow) {
      slow[slowCount] = row;
      slow[slowCount + 1] = valueStart;
      slow[slowCount + 2] = valueStop;
      slowCount += SLOW_STRIDE;
    }
    seriesStart[row] = start;
    seriesEnd[row] = seriesStop;
    entries[row] = entry;
    if (entry !== 0) previous = entry;
    row++;
    at++;
  }

  cursor[CURSOR.offset] = at;
  cursor[CURSOR.rows] = row;
  cursor[CURSOR.slow] = slowCount;
  cursor[CURSOR.entry] = previous;
  return result;
}

/**
 * Reads labels from behind the opening brace to behind the closing one; -1 where the careful parser has to look.
 * A quoted name without a value is the metric's name.
 */
function scanLabels(bytes: Uint8Array, from: number, named: boolean): number {
  let at = from;
  let hasName = named;
  let c = bytes[at]!;
  while (c === SPACE || c === TAB) c = bytes[++at]!;
  while (c !== BRACE_CLOSE) {
    if ((CLASSES[c]! & LABEL_START) !== 0) {
      do c = bytes[++at]!;
      while ((CLASSES[c]! & LABEL) !== 0);
    } else if (c === QUOTE) {
      at = scanQuoted(bytes, at);
      if (at < 0) return -1;
      c = bytes[at]!;
      while (c === SPACE || c === TAB) c = bytes[++at]!;
      if (c === COMMA || c === BRACE_CLOSE) {
        if (hasName) return -1;
        hasName = true;
        if (c === COMMA) {
          c = bytes[++at]!;
          while (c === SPACE || c === TAB) c = bytes[++at]!;
          continue;
        }
        break;
      }
    } else {
      return -1;
    }
    while (c === SPACE || c === TAB) c = bytes[++at]!;
    if (c !== EQUAL) return -1;
    c = bytes[++at]!;
    while (c === SPACE || c === TAB) c = bytes[++at]!;
    if (c !== QUOTE) return -1;
    at = scanQuoted(bytes, at);
    if (at < 0) return -1;
    c = bytes[at]!;
    while (c === SPACE || c === TAB) c = bytes[++at]!;
    // The comma between two labels may be missing; the reference takes that.
    if (c === COMMA) {
      c = bytes[++at]!;
      while (c === SPACE || c === TAB) c = bytes[++at]!;
    }
  }
  return hasName ? at + 1 : -1;
}

/** From a quote to behind the one that closes it; -1 at NUL, a backslash before a newline, or bytes beyond UTF-8. */
function scanQuoted(bytes: Uint8Array, from: number): number {
  let at = from + 1;
  let beyondAscii = 0;
  for (;;) {
    let c = bytes[at]!;
    while ((CLASSES[c]! & QUOTED_STOP) === 0) c = bytes[++at]!;
    if (c === QUOTE) break;
    if (c === 0) return -1;
    if (c === BACKSLASH) {
      c = bytes[++at]!;
      if (c === NEWLINE || c === 0) return -1;
    }
    beyondAscii |= c;
    at++;
  }
  if (beyondAscii >= 0x80 && !isUtf8(bytes, from + 1, at)) return -1;
  return at + 1;
}

const COMMENT_HARD = -1;
const COMMENT_FULL = -2;

/** Reads a line that begins with `#`; writes a metadata line. Returns the next line's offset or a negative code. */
function scanComment(bytes: Uint8Array, from: number, columns: ScanColumns): number {
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

  const { metadata, cursor } = columns;
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

function isNaNText(bytes: Uint8Array, start: number, end: number): boolean {
  return end - start === 3 && bytes[start] === 0x4e && bytes[start + 1] === 0x61 && bytes[start + 2] === 0x4e;
}

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
