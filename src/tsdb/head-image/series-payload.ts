import { xorByteLength } from '../../kernels/xor-encode.ts';
import { XOR2_APPEND_BYTES_MAX } from '../../kernels/xor2-encode.ts';
import { EXTENT_UNIT_BYTES, EXTENT_UNITS_MAX, extentOffset, extentSlab } from '../../memory/extents.ts';
import { LARGE_EXTENT_BYTES_MAX, largeExtentCapacity } from '../../memory/large-extents.ts';
import { HistogramChunkReader } from '../chunk/read-histogram-chunk.ts';
import { recodeHistogramChunk } from '../chunk/recode-histogram-chunk.ts';
import { SEALED_BYTES_MAX } from '../chunk/sealed-chunks.ts';
import type { ImageTarget } from '../head/head-filling.ts';
import type { HeadMemory } from '../head/head-memory.ts';
import { type LabelLookup, labelSetHash } from '../head/label-lookup.ts';
import {
  LABELS,
  LAST_TIME,
  NEXT_CUT,
  OPEN_COUNT,
  OPEN_CURSOR,
  OPEN_EXTENT,
  OPEN_HISTOGRAM,
  OPEN_UNITS,
  OPEN_XOR2,
  REF,
  SERIES_DOUBLES,
  SERIES_ROW_MASK,
  SERIES_SLAB_LOG2,
  TIME_BEFORE,
  VALUE_HIGH,
  VALUE_LOW,
} from '../head/series-table.ts';
import type { RecordBuffer } from '../wal/record-buffer.ts';
import { MalformedPayload, type PayloadReader } from './payload-reader.ts';
import type { SymbolNumbers } from './symbol-numbers.ts';

/**
 * One series of an image that columns (`row-columns.ts`) have no place for: with an open chunk of histograms, or a sealed
 * chunk that is in no file:
 *
 * ```text
 * series   row uvarint | ref uvarint | labels uvarint | (symbol of name, of value: uvarint)* | flags u8
 *          | last time varint | last value: two u32                                     flag 1
 *          | sealed chunks, oldest first: count uvarint, chunk*
 *          | open floats: time before f64 | cursor u32 | samples uvarint | next cut varint | size uvarint | bytes   flag 2
 *            as XOR2 instead of XOR                                                      flag 16
 *          | open histograms: encoding u8 | end is predicted u8 | counter reset u8 | first time varint
 *            | samples uvarint | next cut varint | size uvarint | bytes                 flag 4
 * chunk    first time varint | duration uvarint | encoding u8 | samples uvarint | size uvarint
 *          | number of the file uvarint | offset uvarint, or the bytes where the number is 0
 * ```
 */
const HAS_SAMPLE = 1;
const HAS_FLOATS = 2;
const HAS_HISTOGRAMS = 4;
const IS_XOR2 = 16;

/** More labels than any series has that the server takes. */
const PAIRS_MAX = 1 << 20;

/** Writes a row in use as it stands now. */
export function writeSeries(
  buffer: RecordBuffer,
  memory: HeadMemory,
  symbols: SymbolNumbers,
  lookup: LabelLookup,
  row: number,
): void {
  const { labelLog, series } = memory;
  const doubles = series.records.doubles[row >>> SERIES_SLAB_LOG2]!;
  const words = series.records.words[row >>> SERIES_SLAB_LOG2]!;
  const at = (row & SERIES_ROW_MASK) * SERIES_DOUBLES;
  const w = 2 * at;
  buffer.uvarint(row);
  buffer.uvarint(doubles[at + REF]!);
  const position = series.labels(row);
  const entry = labelLog.slabOf(position);
  const from = labelLog.offsetOf(position);
  const numbered = entry.slice(from, from + 1 + 2 * entry[from]!);
  for (let i = 1; i < numbered.length; i++) numbered[i] = symbols.of(numbered[i]!);
  lookup.add(labelSetHash(numbered, 0), row);
  for (const word of numbered) buffer.uvarint(word);
  const histogram = memory.openHistogram(row);
  const hasSample = doubles[at + LAST_TIME] !== Number.NEGATIVE_INFINITY;
  buffer.byte(
    (hasSample ? HAS_SAMPLE : 0) |
      (words[w + OPEN_EXTENT] !== 0 ? HAS_FLOATS : 0) |
      (words[w + OPEN_EXTENT] !== 0 && (words[w + OPEN_UNITS]! & OPEN_XOR2) !== 0 ? IS_XOR2 : 0) |
      (histogram !== null ? HAS_HISTOGRAMS : 0),
  );
  if (hasSample) {
    buffer.varint(doubles[at + LAST_TIME]!);
    writeUint32(buffer, words[w + VALUE_LOW]!);
    writeUint32(buffer, words[w + VALUE_HIGH]!);
  }
  const chain = memory.sealedChain(row);
  buffer.uvarint(chain.length);
  for (let i = chain.length - 1; i >= 0; i--) writeSealed(buffer, memory, chain[i]!);
  if (words[w + OPEN_EXTENT] !== 0) {
    const extent = words[w + OPEN_EXTENT]!;
    const start = extentOffset(extent);
    const used = xorByteLength(words, at);
    buffer.float64(doubles[at + TIME_BEFORE]!);
    writeUint32(buffer, words[w + OPEN_CURSOR]!);
    buffer.uvarint(words[w + OPEN_COUNT]!);
    buffer.varint(doubles[at + NEXT_CUT]!);
    buffer.uvarint(used);
    buffer.raw(memory.extents.bytes[extentSlab(extent)]!, start, start + used);
  } else if (histogram !== null) {
    const { writer, extent } = histogram;
    const start = memory.large.offset(extent);
    buffer.byte(writer.encoding);
    buffer.byte(histogram.endIsPredicted ? 1 : 0);
    buffer.byte(writer.counterReset);
    buffer.varint(histogram.firstTime);
    buffer.uvarint(writer.count);
    buffer.varint(doubles[at + NEXT_CUT]!);
    buffer.uvarint(writer.byteLength);
    buffer.raw(memory.large.bytes(extent), start, start + writer.byteLength);
  }
}

function writeSealed(buffer: RecordBuffer, { headChunkSlots, sealed }: HeadMemory, chunk: number): void {
  const place = sealed.placeInFile(chunk);
  buffer.varint(sealed.firstTime(chunk));
  buffer.uvarint(sealed.lastTime(chunk) - sealed.firstTime(chunk));
  buffer.byte(sealed.encoding(chunk));
  buffer.uvarint(sealed.sampleCount(chunk));
  buffer.uvarint(sealed.byteLength(chunk));
  if (place !== null) {
    buffer.uvarint(headChunkSlots.fileNumber(place.slot));
    buffer.uvarint(place.offset);
    return;
  }
  buffer.uvarint(0);
  const { bytes } = sealed.get(chunk, null);
  buffer.raw(bytes, 0, bytes.length);
}

export type SeriesRestoring = Omit<ImageTarget, 'exemplars' | 'deletions' | 'lateDeletions'>;

/** Makes the next series of a payload one of the head. */
export function readSeries(from: PayloadReader, parts: SeriesRestoring): void {
  const { directory, memory } = parts;
  const { series, symbols } = memory;
  const row = from.count(series.rowCount - 1);
  const ref = from.uvarint();
  const pairs = from.count(Math.min(PAIRS_MAX, from.left));
  const entry = new Uint32Array(1 + 2 * pairs);
  entry[0] = pairs;
  for (let i = 1; i <= 2 * pairs; i++) entry[i] = from.count(symbols.count - 1);
  const doubles = series.records.doubles[row >>> SERIES_SLAB_LOG2]!;
  const words = series.records.words[row >>> SERIES_SLAB_LOG2]!;
  const at = (row & SERIES_ROW_MASK) * SERIES_DOUBLES;
  doubles[at + LAST_TIME] = Number.NEGATIVE_INFINITY;
  doubles[at + REF] = ref;
  if (!directory.enterRows(ref, row, 1)) throw new MalformedPayload(`the ref ${ref} can not be used`);
  words[2 * at + LABELS] = memory.labelLog.append(entry, entry.length);
  const flags = from.byte();
  let lastTime = Number.NEGATIVE_INFINITY;
  let low = 0;
  let high = 0;
  if ((flags & HAS_SAMPLE) !== 0) {
    lastTime = from.varint();
    low = from.uint32();
    high = from.uint32();
  }
  const sealed = from.count(from.left);
  // Chunks that are only in the image come behind those that came to the files since, as far as they are newer.
  const inMemory: number[] = [];
  for (let i = 0; i < sealed; i++) readSealed(from, row, parts, inMemory);
  parts.restored.giveTo(ref, row, parts.openChunks, parts.widen);
  for (const chunk of inMemory) addNewer(parts, row, chunk);
  if ((flags & HAS_FLOATS) !== 0) readFloats(from, row, parts, (flags & IS_XOR2) !== 0, lastTime, low, high);
  else if ((flags & HAS_HISTOGRAMS) !== 0) readHistograms(from, row, parts, lastTime);
  else if (series.lastTime(row) === lastTime) memory.setLastValue(row, low, high);
}

function readSealed(from: PayloadReader, row: number, parts: SeriesRestoring, inMemory: number[]): void {
  const { memory, minValidTime, slots } = parts;
  const { sealed } = memory;
  const firstTime = from.varint();
  const lastTime = firstTime + from.uvarint();
  const encoding = from.byte();
  const count = from.count(0xffff);
  const byteLength = from.count(SEALED_BYTES_MAX);
  const fileNumber = from.uvarint();
  if (fileNumber > 0) {
    const offset = from.count(0xffffffff);
    if (lastTime < minValidTime) return;
    const slot = slots.get(fileNumber);
    if (slot === undefined) throw new MalformedPayload(`a chunk is in the file ${fileNumber}, which is not there`);
    addNewer(parts, row, sealed.add(firstTime, lastTime, offset, byteLength, count, 0, encoding, slot));
    return;
  }
  const start = from.skip(byteLength);
  if (lastTime < minValidTime) return;
  const chunk = sealed.addCopy({ bytes: from.bytes, start, byteLength, encoding, count, firstTime, lastTime });
  if (chunk === 0) throw new MalformedPayload(`a chunk of ${byteLength} bytes`);
  inMemory.push(chunk);
}

/** Puts a chunk at the end of the row's chain, or gives it back where the row has newer samples. */
function addNewer({ memory, openChunks, widen }: SeriesRestoring, row: number, chunk: number): void {
  const firstTime = memory.sealed.firstTime(chunk);
  if (firstTime <= memory.series.lastTime(row)) {
    memory.sealed.release(chunk);
    return;
  }
  openChunks.addSealed(row, chunk);
  if (!memory.sealed.isInFile(chunk)) memory.unwritten.add(row, memory.series.ref(row), chunk, firstTime);
  widen(firstTime, memory.sealed.lastTime(chunk));
}

function readFloats(
  from: PayloadReader,
  row: number,
  { memory, minValidTime, openChunks, widen }: SeriesRestoring,
  isXor2: boolean,
  lastTime: number,
  low: number,
  high: number,
): void {
  const { extents, series } = memory;
  const timeBefore = from.float64();
  const cursor = from.uint32();
  const count = from.count(0xffff);
  const nextCut = from.varint();
  const used = from.count(EXTENT_UNITS_MAX * EXTENT_UNIT_BYTES);
  const start = from.skip(used);
  if (count === 0 || used !== ((cursor & 0xffff) + 7) >>> 3)
    throw new MalformedPayload(`an open chunk at byte ${start}`);
  // A newer form of this chunk, or one that follows it, is in a file; or it is in a block.
  const lastInFile = series.lastTime(row);
  if (lastTime <= lastInFile || lastTime < minValidTime) return;
  const units = Math.min(EXTENT_UNITS_MAX, Math.ceil((used + XOR2_APPEND_BYTES_MAX) / EXTENT_UNIT_BYTES));
  const extent = extents.allocate(units);
  copy(from.bytes, start, used, extents.bytes[extentSlab(extent)]!, extentOffset(extent));
  const doubles = series.records.doubles[row >>> SERIES_SLAB_LOG2]!;
  const words = series.records.words[row >>> SERIES_SLAB_LOG2]!;
  const at = (row & SERIES_ROW_MASK) * SERIES_DOUBLES;
  const w = 2 * at;
  doubles[at + LAST_TIME] = lastTime;
  doubles[at + TIME_BEFORE] = timeBefore;
  doubles[at + NEXT_CUT] = nextCut;
  words[w + VALUE_LOW] = low;
  words[w + VALUE_HIGH] = high;
  words[w + OPEN_CURSOR] = cursor;
  words[w + OPEN_COUNT] = count;
  words[w + OPEN_EXTENT] = extent;
  words[w + OPEN_UNITS] = isXor2 ? units | OPEN_XOR2 : units;
  const firstTime = memory.openFirstTime(row);
  if (firstTime <= lastInFile)
    throw new MalformedPayload(`an open chunk that overlaps one in a file, at byte ${start}`);
  if (!isXor2) openChunks.countRestored();
  else if (!openChunks.countRestoredXor2(row, used)) throw new MalformedPayload(`an open chunk at byte ${start}`);
  widen(firstTime, lastTime);
}

function readHistograms(
  from: PayloadReader,
  row: number,
  { memory, minValidTime, openChunks, widen }: SeriesRestoring,
  lastTime: number,
): void {
  const { large, openHistograms, series } = memory;
  const encoding = from.byte();
  const endIsPredicted = from.byte() === 1;
  const counterReset = from.byte();
  const firstTime = from.varint();
  const count = from.count(0xffff);
  const nextCut = from.varint();
  const byteLength = from.count(LARGE_EXTENT_BYTES_MAX);
  const start = from.skip(byteLength);
  if (firstTime <= series.lastTime(row) || lastTime < minValidTime) return;
  const view = new DataView(from.bytes.buffer, from.bytes.byteOffset, from.bytes.byteLength);
  const reader = new HistogramChunkReader();
  if (reader.open(from.bytes, view, start, byteLength, encoding) < 0) {
    throw new MalformedPayload(`an open chunk of histograms at byte ${start}`);
  }
  const chunk = { encoding, count, byteLength, counterReset };
  const { bytes, writer } = recodeHistogramChunk(from.bytes, view, start, chunk, reader.layout);
  const capacity = largeExtentCapacity(Math.min(LARGE_EXTENT_BYTES_MAX, writer.byteLength + (writer.byteLength >>> 1)));
  const extent = large.allocate(capacity);
  bytes[0] = writer.countWord >>> 8;
  bytes[1] = writer.countWord;
  copy(bytes, 0, writer.byteLength, large.bytes(extent), large.offset(extent));
  const doubles = series.records.doubles[row >>> SERIES_SLAB_LOG2]!;
  const words = series.records.words[row >>> SERIES_SLAB_LOG2]!;
  const at = (row & SERIES_ROW_MASK) * SERIES_DOUBLES;
  words[2 * at + OPEN_HISTOGRAM] = openHistograms.add({ writer, extent, capacity, firstTime, endIsPredicted });
  doubles[at + LAST_TIME] = lastTime;
  doubles[at + NEXT_CUT] = nextCut;
  openChunks.countRestored();
  widen(firstTime, lastTime);
}

function writeUint32(buffer: RecordBuffer, value: number): void {
  buffer.reserve(4);
  buffer.view.setUint32(buffer.size, value);
  buffer.size += 4;
}

function copy(from: Uint8Array, start: number, length: number, to: Uint8Array, at: number): void {
  for (let i = 0; i < length; i++) to[at + i] = from[start + i]!;
}
