import { xorByteLength } from '../../kernels/xor-encode.ts';
import { extentOffset, extentSlab } from '../../memory/extents.ts';
import type { RecordSlabs } from '../../memory/shared-records.ts';
import {
  SEALED_DOUBLES,
  SEALED_ENCODING,
  SEALED_MASK,
  SEALED_OLDER,
  SEALED_SLAB_LOG2,
  type SealedChunks,
} from '../chunk/sealed-chunks.ts';
import {
  LAST_TIME,
  NEWEST_SEALED,
  OPEN_EXTENT,
  OPEN_UNITS,
  OPEN_UNITS_MASK,
  OPEN_XOR2,
  SERIES_DOUBLES,
  SERIES_ROW_MASK,
  SERIES_SLAB_LOG2,
  VALUE_HIGH,
  VALUE_LOW,
} from '../head/series-table.ts';
import { MalformedPayload } from './payload-reader.ts';
import { ROWS_HEADER, type RowColumns, rowColumns } from './row-columns.ts';
import type { SeriesRestoring } from './series-payload.ts';

const RECORD_WORDS = 2 * SERIES_DOUBLES;
const SEALED_WORDS = 2 * SEALED_DOUBLES;
/** Stands for a file that is not there; no file has it. */
const NO_SLOT = 0xffff;

export interface RowRestoring extends SeriesRestoring {
  /** By the place of a file in the trailer, from 1 on: its slot; undefined where the file is not there. */
  readonly fileSlots: readonly (number | undefined)[];
  /** The number that the first sealed chunk of the image has in the head: others may have come before. */
  readonly firstSealed: number;
}

/**
 * Puts the rows of a frame in place, and trusts what its checksum covers. Returns the rows that `fitRow` is to look at when
 * all are there, since they have samples that are in blocks. Throws `MalformedPayload`: the head is then of no use.
 */
export function restoreRows(payload: Uint8Array, parts: RowRestoring): Uint32Array | null {
  const columns = rowColumns(payload);
  const { header, runRefs, runWords } = columns;
  const { directory, memory, minValidTime, openChunks, widen } = parts;
  const { extents, labelLog, sealed, series } = memory;
  const firstSealed = sealed.addRun(header[ROWS_HEADER.sealed]!);
  const units = header[ROWS_HEADER.units]!;
  const firstUnit = units === 0 ? 0 : extents.allocateRun(units);
  const isInPlace =
    firstSealed === header[ROWS_HEADER.firstSealed]! + parts.firstSealed - 1 &&
    firstUnit === header[ROWS_HEADER.firstUnit] &&
    labelLog.appendRun(columns.labels) === header[ROWS_HEADER.firstLabel];
  if (!isInPlace) throw new MalformedPayload('columns of another place');
  if (units > 0) extents.bytes[extentSlab(firstUnit)]!.set(columns.chunks, extentOffset(firstUnit));
  putRecords(sealed.records, SEALED_SLAB_LOG2, SEALED_WORDS, firstSealed, columns.sealed);

  let done = 0;
  for (let run = 0; run < header[ROWS_HEADER.runs]!; run++) {
    const row = runWords[4 * run + 2]!;
    const count = runWords[4 * run + 3]!;
    const records = columns.records.subarray(done * RECORD_WORDS, (done + count) * RECORD_WORDS);
    if (row + count > series.rowCount || records.length !== count * RECORD_WORDS || count === 0) {
      throw new MalformedPayload(`${count} rows from ${row} on`);
    }
    putRecords(series.records, SERIES_SLAB_LOG2, RECORD_WORDS, row, records);
    if (!directory.enterRows(runRefs[2 * run]!, row, count)) throw new MalformedPayload('a ref can not be used');
    done += count;
  }
  if (done !== header[ROWS_HEADER.rows]) throw new MalformedPayload('runs have fewer rows than it says');

  const isOld = columns.minTime < minValidTime;
  openChunks.countRestored(header[ROWS_HEADER.sealed]! + header[ROWS_HEADER.open]! - header[ROWS_HEADER.openXor2]!);
  if (header[ROWS_HEADER.sealed]! > 0) fitSealed(columns, parts, firstSealed, isOld);
  if (header[ROWS_HEADER.openXor2]! > 0) countXor2(columns, parts);
  if (isOld) return rowsOf(columns);
  if (columns.maxTime >= columns.minTime) widen(columns.minTime, columns.maxTime);
  return null;
}

/** Copies records of a run, as many pieces as slabs. */
function putRecords(slabs: RecordSlabs, slabLog2: number, words: number, first: number, records: Uint32Array): void {
  const count = records.length / words;
  for (let done = 0; done < count; ) {
    const at = (first + done) & ((1 << slabLog2) - 1);
    const piece = Math.min(count - done, (1 << slabLog2) - at);
    slabs.words[(first + done) >>> slabLog2]!.set(records.subarray(done * words, (done + piece) * words), at * words);
    done += piece;
  }
}

function rowsOf({ header, runWords }: RowColumns): Uint32Array {
  const rows = new Uint32Array(header[ROWS_HEADER.rows]!);
  let at = 0;
  for (let run = 0; run < header[ROWS_HEADER.runs]!; run++) {
    const first = runWords[4 * run + 2]!;
    for (let i = 0; i < runWords[4 * run + 3]!; i++) rows[at++] = first + i;
  }
  return rows;
}

function noteEncodings(sealed: SealedChunks, first: number, end: number): void {
  for (let chunk = first; chunk < end && !sealed.hasHistograms; chunk++) sealed.noteEncoding(sealed.encoding(chunk));
}

/** Makes sealed chunks those of this head, where files have other slots or others have the first numbers. */
function fitSealed(columns: RowColumns, parts: RowRestoring, first: number, isOld: boolean): void {
  const { fileSlots, memory } = parts;
  const { series, sealed } = memory;
  const shift = parts.firstSealed - 1;
  noteEncodings(sealed, first, first + columns.header[ROWS_HEADER.sealed]!);
  if (shift === 0 && fileSlots.every((slot, place) => place === 0 || slot === place)) return;
  const end = first + columns.header[ROWS_HEADER.sealed]!;
  for (let chunk = first; chunk < end; chunk++) {
    const words = sealed.records.words[chunk >>> SEALED_SLAB_LOG2]!;
    const w = (chunk & SEALED_MASK) * SEALED_WORDS;
    const slot = fileSlots[words[w + SEALED_ENCODING]! >>> 16] ?? NO_SLOT;
    // The file of a chunk that is in a block by now may be gone.
    if (slot === NO_SLOT && !isOld) throw new MalformedPayload('a sealed chunk is in a file that is not there');
    words[w + SEALED_ENCODING] = (words[w + SEALED_ENCODING]! & 0xffff) | (slot << 16);
    if (words[w + SEALED_OLDER] !== 0) words[w + SEALED_OLDER]! += shift;
  }
  if (shift === 0) return;
  const rows = rowsOf(columns);
  for (let i = 0; i < rows.length; i++) {
    const row = rows[i]!;
    const words = series.records.words[row >>> SERIES_SLAB_LOG2]!;
    const w = (row & SERIES_ROW_MASK) * RECORD_WORDS;
    if (words[w + NEWEST_SEALED] !== 0) words[w + NEWEST_SEALED]! += shift;
  }
}

/** Takes note of open XOR2 chunks, which have a state outside of the records. */
function countXor2(columns: RowColumns, { memory, openChunks }: RowRestoring): void {
  for (const row of rowsOf(columns)) {
    const words = memory.series.records.words[row >>> SERIES_SLAB_LOG2]!;
    const at = (row & SERIES_ROW_MASK) * SERIES_DOUBLES;
    if (words[2 * at + OPEN_EXTENT] === 0 || (words[2 * at + OPEN_UNITS]! & OPEN_XOR2) === 0) continue;
    if (!openChunks.countRestoredXor2(row, xorByteLength(words, at)))
      throw malformed(row, 'open chunk can not be read');
  }
}

/**
 * Takes out of a row what ends before `minValidTime`, as it is in blocks, and puts the chunks in that came to the files
 * after the image, which may hold what was in the open chunk.
 */
export function fitRow(row: number, { memory, minValidTime, openChunks, restored, widen }: RowRestoring): void {
  const { extents, sealed, series } = memory;
  const doubles = series.records.doubles[row >>> SERIES_SLAB_LOG2]!;
  const words = series.records.words[row >>> SERIES_SLAB_LOG2]!;
  const at = (row & SERIES_ROW_MASK) * SERIES_DOUBLES;
  const w = 2 * at;
  const lastTime = doubles[at + LAST_TIME]!;
  const extent = words[w + OPEN_EXTENT]!;
  const units = words[w + OPEN_UNITS]!;
  const low = words[w + VALUE_LOW]!;
  const high = words[w + VALUE_HIGH]!;
  const openFirst = extent === 0 ? Number.NaN : memory.openFirstTime(row);
  const chain = memory.sealedChain(row);
  words[w + OPEN_EXTENT] = 0;
  words[w + OPEN_UNITS] = 0;
  words[w + VALUE_LOW] = 0;
  words[w + VALUE_HIGH] = 0;
  words[w + NEWEST_SEALED] = 0;
  doubles[at + LAST_TIME] = Number.NEGATIVE_INFINITY;
  openChunks.countRestored(-chain.length);
  for (let i = chain.length - 1; i >= 0; i--) {
    const chunk = chain[i]!;
    if (sealed.lastTime(chunk) < minValidTime) {
      sealed.release(chunk);
      continue;
    }
    if (sealed.placeInFile(chunk)!.slot === NO_SLOT)
      throw malformed(row, 'sealed chunk is in a file that is not there');
    openChunks.addSealed(row, chunk);
    widen(sealed.firstTime(chunk), sealed.lastTime(chunk));
  }
  restored.giveTo(series.ref(row), row, openChunks, widen);
  const lastInFile = doubles[at + LAST_TIME]!;
  if (extent === 0) {
    if (lastInFile === lastTime) memory.setLastValue(row, low, high);
    return;
  }
  // A newer form of the open chunk, or one that follows it, is in a file; or it is in a block.
  if (lastTime <= lastInFile || lastTime < minValidTime) {
    extents.free(extent, units & OPEN_UNITS_MASK);
    openChunks.countRestored(-1);
    return;
  }
  if (openFirst <= lastInFile) throw malformed(row, 'open chunk overlaps one in a file');
  doubles[at + LAST_TIME] = lastTime;
  words[w + VALUE_LOW] = low;
  words[w + VALUE_HIGH] = high;
  words[w + OPEN_EXTENT] = extent;
  words[w + OPEN_UNITS] = units;
  widen(openFirst, lastTime);
}

function malformed(row: number, what: string): MalformedPayload {
  return new MalformedPayload(`row ${row}: its ${what}`);
}
