import { BRACE_OPEN, HASH, NEWLINE, SPACE, TAB } from './ascii.ts';
import { CLASSES, NAME, NAME_START, VALUE_STOP } from './exposition-bytes.ts';
import { scanLabels } from './exposition-labels.ts';
import { COMMENT_FULL, CURSOR, SLOW_STRIDE, scanComment } from './exposition-metadata.ts';
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
  const rowsMax = Math.min(seriesStart.length, cursor[CURSOR.rowsMax]!);
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
        cursor[CURSOR.rows] = row;
        const stop = scanComment(bytes, at, columns.metadata, cursor);
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

function isNaNText(bytes: Uint8Array, start: number, end: number): boolean {
  return end - start === 3 && bytes[start] === 0x4e && bytes[start + 1] === 0x61 && bytes[start + 2] === 0x4e;
}
