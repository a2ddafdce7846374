import { HASH, NEWLINE, SPACE } from './ascii.ts';
import { CLASSES, NAME, NAME_START, VALUE_STOP } from './exposition-bytes.ts';
import { COMMENT_FULL, CURSOR, SLOW_STRIDE } from './exposition-metadata.ts';
import { SCAN, type ScanColumns, type SeriesIndex } from './exposition-scan.ts';
import { equalBytes, hashBytes } from './hash.ts';
import { scanOpenMetricsComment } from './open-metrics-comment.ts';
import { scanOpenMetricsLabels } from './open-metrics-labels.ts';
import { NOT_SHORT_DECIMAL, parseDecimal } from './parse-number.ts';

/** Numbers per exemplar: the row it belongs to, and where its labels start and end in the body, braces included. */
export const EXEMPLAR_STRIDE = 3;

export interface OpenMetricsColumns extends ScanColumns {
  exemplars: Uint32Array;
  exemplarNumbers: Float64Array;
}

/** Seconds within which the product with 1000 is far from the bounds of int64. */
const SECONDS_MAX = 9e12;

/**
 * Reads a body in the text format of OpenMetrics into columns and matches its series against the index, in one pass, as
 * `scanExposition` does for the text format 0.0.4. The grammar is stricter: one space between series, value and time,
 * none anywhere else, no empty lines, no comments.
 *
 * @param bytes the body; `bytes[end]` must be a newline and `bytes[end + 1]` zero, which stop every inner loop
 * @returns `SCAN.full` or `SCAN.hard`, never `SCAN.done`: whether the body may end is for the careful parser to say
 */
export function scanOpenMetrics(
  bytes: Uint8Array,
  view: DataView,
  end: number,
  columns: OpenMetricsColumns,
  index: SeriesIndex,
): number {
  const { seriesStart, seriesEnd, values, bits, times, hasTime, entries, slow, cursor } = columns;
  const { exemplars, exemplarNumbers } = columns;
  const { next, keyStart, keyLength, keys } = index;
  const rowsMax = Math.min(seriesStart.length, cursor[CURSOR.rowsMax]!);
  const slowMax = slow.length;
  let at = cursor[CURSOR.offset]!;
  let start = at;
  let row = cursor[CURSOR.rows]!;
  let slowCount = cursor[CURSOR.slow]!;
  let exemplarCount = cursor[CURSOR.exemplars]!;
  let previous = cursor[CURSOR.entry]!;
  let result: number = SCAN.hard;

  for (;;) {
    start = at;
    if (at >= end) break;
    const guess = next[previous]!;
    let entry = 0;
    let seriesStop = start;

    if (guess !== 0) {
      const length = keyLength[guess]!;
      const stop = start + length;
      if (stop < end && bytes[stop] === SPACE && equalBytes(view, start, keys, keyStart[guess]!, length)) {
        at = stop;
        entry = guess;
        seriesStop = stop;
      }
    }

    if (entry === 0) {
      let c = bytes[at]!;
      if (c === HASH) {
        cursor[CURSOR.rows] = row;
        const stop = scanOpenMetricsComment(bytes, at, end, columns.metadata, cursor);
        if (stop < 0) {
          if (stop === COMMENT_FULL) result = SCAN.full;
          break;
        }
        at = stop;
        continue;
      }
      const named = (CLASSES[c]! & NAME_START) !== 0;
      if (named) {
        do c = bytes[++at]!;
        while ((CLASSES[c]! & NAME) !== 0);
        if (c !== SPACE) at = scanOpenMetricsLabels(bytes, at, true);
      } else {
        at = scanOpenMetricsLabels(bytes, at, false);
      }
      if (at < 0 || bytes[at] !== SPACE) break;
      seriesStop = at;
      entry = findEntry(view, start, seriesStop - start, index);
    }

    if (
      row === rowsMax ||
      slowCount + SLOW_STRIDE > slowMax ||
      EXEMPLAR_STRIDE * (exemplarCount + 1) > exemplars.length
    ) {
      result = SCAN.full;
      break;
    }

    const valueStart = at + 1;
    let isSlow = false;
    at = parseDecimal(bytes, valueStart, values, row);
    if (at === NOT_SHORT_DECIMAL || (bytes[at] !== SPACE && bytes[at] !== NEWLINE)) {
      at = valueStart;
      while ((CLASSES[bytes[at]!]! & VALUE_STOP) === 0) at++;
      if (at === valueStart) break;
      if (isNaNText(bytes, valueStart, at)) {
        bits[2 * row] = 0x00000001;
        bits[2 * row + 1] = 0x7ff80000;
      } else {
        isSlow = true;
      }
    }
    const valueStop = at;

    let timed = 0;
    if (bytes[at] === SPACE && bytes[at + 1] !== HASH) {
      at = parseDecimal(bytes, at + 1, times, row);
      if (at === NOT_SHORT_DECIMAL) break;
      const seconds = times[row]!;
      if (seconds > SECONDS_MAX || seconds < -SECONDS_MAX) break;
      // The reference cuts what is finer than a millisecond off; adding 0 makes -0 a zero.
      times[row] = Math.trunc(seconds * 1000) + 0;
      timed = 1;
    }
    let withExemplar = 0;
    if (bytes[at] === SPACE) {
      if (bytes[at + 1] !== HASH || bytes[at + 2] !== SPACE) break;
      const labelsStart = at + 3;
      at = scanOpenMetricsLabels(bytes, labelsStart, true);
      if (at < 0 || bytes[at] !== SPACE) break;
      const slot = EXEMPLAR_STRIDE * exemplarCount;
      exemplars[slot] = row;
      exemplars[slot + 1] = labelsStart;
      exemplars[slot + 2] = at;
      at = scanExemplarNumbers(bytes, at + 1, exemplarNumbers, 2 * exemplarCount);
      if (at < 0) break;
      withExemplar = 1;
    }
    // The newline that stands at `end` is not the body's: the last line is cut there.
    if (bytes[at] !== NEWLINE || at >= end) break;

    if (isSlow) {
      slow[slowCount] = row;
      slow[slowCount + 1] = valueStart;
      slow[slowCount + 2] = valueStop;
      slowCount += SLOW_STRIDE;
    }
    exemplarCount += withExemplar;
    hasTime[row] = timed;
    seriesStart[row] = start;
    seriesEnd[row] = seriesStop;
    entries[row] = entry;
    if (entry !== 0) previous = entry;
    row++;
    at++;
  }

  cursor[CURSOR.offset] = start;
  cursor[CURSOR.rows] = row;
  cursor[CURSOR.slow] = slowCount;
  cursor[CURSOR.exemplars] = exemplarCount;
  cursor[CURSOR.entry] = previous;
  return result;
}

/** The index's entry with these bytes, or 0. */
function findEntry(view: DataView, start: number, length: number, index: SeriesIndex): number {
  const { table, hashes, keyLength, keyStart, keys, seed } = index;
  const mask = table.length - 1;
  const hash = hashBytes(view, start, length, seed);
  for (let slot = hash & mask; ; slot = (slot + 1) & mask) {
    const entry = table[slot]!;
    if (entry === 0) return 0;
    if (
      hashes[entry] === hash &&
      keyLength[entry] === length &&
      equalBytes(view, start, keys, keyStart[entry]!, length)
    ) {
      return entry;
    }
  }
}

/** Writes value and time; gives the offset of the newline behind them, or -1 where the careful parser has to look. */
function scanExemplarNumbers(bytes: Uint8Array, from: number, numbers: Float64Array, slot: number): number {
  let at = parseDecimal(bytes, from, numbers, slot);
  if (at < 0) return -1;
  numbers[slot + 1] = Number.NaN;
  if (bytes[at] === NEWLINE) return at;
  if (bytes[at] !== SPACE) return -1;
  at = parseDecimal(bytes, at + 1, numbers, slot + 1);
  if (at < 0) return -1;
  const seconds = numbers[slot + 1]!;
  if (seconds > SECONDS_MAX || seconds < -SECONDS_MAX) return -1;
  numbers[slot + 1] = Math.trunc(seconds * 1000) + 0;
  return bytes[at] === NEWLINE ? at : -1;
}

function isNaNText(bytes: Uint8Array, start: number, end: number): boolean {
  return end - start === 3 && bytes[start] === 0x4e && bytes[start + 1] === 0x61 && bytes[start + 2] === 0x4e;
}
