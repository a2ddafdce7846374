import { CURSOR, METADATA_STRIDE, SLOW_STRIDE } from '../kernels/exposition-metadata.ts';
import { SCAN, type SeriesIndex } from '../kernels/exposition-scan.ts';
import { EXEMPLAR_STRIDE } from '../kernels/open-metrics-scan.ts';
import { NORMAL_NAN_HIGH, NORMAL_NAN_LOW } from '../model/stale.ts';
import type { Body } from './body.ts';
import type { EntryExemplar, TextEntry } from './entry.ts';
import { ExpositionError } from './exposition-error.ts';
import { parseExpositionFloat } from './parse-float.ts';
import { clearExpositionRows, type ExpositionRows, growExpositionRows } from './rows.ts';

/** Rows read in one step: some 50 µs, and a hundred times that before V8 has compiled it. */
const STEP_ROWS = 512;

/** An index that knows no series. */
export const EMPTY_SERIES_INDEX: SeriesIndex = {
  next: new Uint32Array(1),
  keyStart: new Uint32Array(1),
  keyLength: new Uint32Array(1),
  hashes: new Uint32Array(1),
  keys: new DataView(new ArrayBuffer(0)),
  table: new Uint32Array(1),
  seed: 0,
};

/** How a text format is read: fast where bodies are what targets usually send, carefully where they are not. */
export interface BodyGrammar {
  /** Reads entries from `rows.cursor` on; gives one of `SCAN`. */
  scan(bytes: Uint8Array, view: DataView, end: number, rows: ExpositionRows, index: SeriesIndex): number;
  /** Reads the one entry at `offset`; throws `ExpositionError`. */
  parseEntry(bytes: Uint8Array, end: number, offset: number): TextEntry;
}

/**
 * Parses a sealed body into `rows`, matching its series against `index` on the way; in steps, between which nothing of these may change.
 *
 * @throws ExpositionError at the first entry that breaks the format; `rows` then holds those before it
 */
export function* parseBodyInSteps(
  body: Body,
  rows: ExpositionRows,
  index: SeriesIndex,
  grammar: BodyGrammar,
): Generator<undefined, void> {
  clearExpositionRows(rows);
  let fault: unknown = null;
  try {
    yield* scanAll(body, rows, index, grammar);
  } catch (error) {
    fault = error;
  }
  rows.length = rows.cursor[CURSOR.rows]!;
  rows.metadataCount = rows.cursor[CURSOR.metadata]! / METADATA_STRIDE;
  rows.exemplarCount = rows.cursor[CURSOR.exemplars]!;
  // A bad value stands before the entry at which the scan stopped, so its error is the first one.
  parseSlowValues(body, rows, grammar);
  if (fault !== null) throw fault;
}

function* scanAll(
  body: Body,
  rows: ExpositionRows,
  index: SeriesIndex,
  grammar: BodyGrammar,
): Generator<undefined, void> {
  const { cursor } = rows;
  cursor[CURSOR.rowsMax] = STEP_ROWS;
  for (;;) {
    const stopped = grammar.scan(body.bytes, body.view, body.size, rows, index);
    if (stopped === SCAN.done) return;
    if (stopped === SCAN.full) growExpositionRows(rows);
    else if (!readCarefully(body, rows, grammar)) return;
    if (cursor[CURSOR.rows]! < cursor[CURSOR.rowsMax]!) continue;
    cursor[CURSOR.rowsMax] = cursor[CURSOR.rows]! + STEP_ROWS;
    yield;
  }
}

/** Takes the entry at the cursor over from the kernel; false where the body ends there. */
function readCarefully(body: Body, rows: ExpositionRows, grammar: BodyGrammar): boolean {
  const { cursor } = rows;
  const entry = grammar.parseEntry(body.bytes, body.size, cursor[CURSOR.offset]!);
  if (entry.kind === 'end') return false;
  if (entry.kind === 'series') writeSeries(rows, entry);
  if (entry.kind === 'metadata') writeMetadata(rows, entry);
  cursor[CURSOR.offset] = entry.next;
  if (entry.kind === 'series' && entry.fault !== null) throw entry.fault;
  return true;
}

function writeSeries(rows: ExpositionRows, entry: TextEntry & { kind: 'series' }): void {
  growExpositionRows(rows);
  const row = rows.cursor[CURSOR.rows]!;
  rows.seriesStart[row] = entry.seriesStart;
  rows.seriesEnd[row] = entry.seriesEnd;
  rows.entries[row] = 0;
  writeValue(rows, row, entry.value);
  rows.hasTime[row] = entry.time === null ? 0 : 1;
  rows.times[row] = entry.time ?? 0;
  if (entry.exemplar !== null) writeExemplar(rows, row, entry.exemplar);
  rows.cursor[CURSOR.rows] = row + 1;
}

function writeExemplar(rows: ExpositionRows, row: number, exemplar: EntryExemplar): void {
  const index = rows.cursor[CURSOR.exemplars]!;
  rows.exemplars[EXEMPLAR_STRIDE * index] = row;
  rows.exemplars[EXEMPLAR_STRIDE * index + 1] = exemplar.labelsStart;
  rows.exemplars[EXEMPLAR_STRIDE * index + 2] = exemplar.labelsEnd;
  rows.exemplarNumbers[2 * index] = exemplar.value;
  rows.exemplarNumbers[2 * index + 1] = exemplar.time ?? Number.NaN;
  rows.cursor[CURSOR.exemplars] = index + 1;
}

function writeMetadata(rows: ExpositionRows, entry: TextEntry & { kind: 'metadata' }): void {
  growExpositionRows(rows);
  const at = rows.cursor[CURSOR.metadata]!;
  rows.metadata[at] = entry.line;
  rows.metadata[at + 1] = entry.nameStart;
  rows.metadata[at + 2] = entry.nameEnd;
  rows.metadata[at + 3] = entry.textStart;
  rows.metadata[at + 4] = entry.textEnd;
  rows.metadata[at + 5] = rows.cursor[CURSOR.rows]!;
  rows.cursor[CURSOR.metadata] = at + METADATA_STRIDE;
}

/** Parses the values that the kernel left: more digits or a larger exponent than it takes, `Inf`, and no numbers. */
function parseSlowValues(body: Body, rows: ExpositionRows, grammar: BodyGrammar): void {
  const { slow, cursor } = rows;
  const text = Buffer.from(body.bytes.buffer, body.bytes.byteOffset, body.bytes.length);
  for (let i = 0; i < cursor[CURSOR.slow]!; i += SLOW_STRIDE) {
    const row = slow[i]!;
    const start = slow[i + 1]!;
    const end = slow[i + 2]!;
    let value: number;
    try {
      value = parseExpositionFloat(text.toString('latin1', start, end));
    } catch (error) {
      truncateRows(rows, row);
      // The careful parser knows the message; it fails at the same value.
      grammar.parseEntry(body.bytes, body.size, rows.seriesStart[row]!);
      throw new ExpositionError((error as Error).message, body.bytes, rows.seriesStart[row]!);
    }
    writeValue(rows, row, value);
  }
}

/** Leaves the first `length` rows with their exemplars, and the metadata lines before the next one. */
function truncateRows(rows: ExpositionRows, length: number): void {
  rows.length = length;
  while (rows.metadataCount > 0 && rows.metadata[METADATA_STRIDE * rows.metadataCount - 1]! > length) {
    rows.metadataCount--;
  }
  while (rows.exemplarCount > 0 && rows.exemplars[EXEMPLAR_STRIDE * (rows.exemplarCount - 1)]! >= length) {
    rows.exemplarCount--;
  }
}

function writeValue(rows: ExpositionRows, row: number, value: number): void {
  if (Number.isNaN(value)) {
    rows.bits[2 * row] = NORMAL_NAN_LOW;
    rows.bits[2 * row + 1] = NORMAL_NAN_HIGH;
  } else {
    rows.values[row] = value;
  }
}
