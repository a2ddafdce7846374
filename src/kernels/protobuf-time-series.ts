import {
  PROTOBUF_OVERFLOW,
  PROTOBUF_TOO_LARGE,
  PROTOBUF_TRUNCATED,
  PROTOBUF_WRONG_WIRE_TYPE,
  readSize,
  readTag,
  skipField,
  WALKED_BYTES_MAX,
  WIRE_BYTES,
  WIRE_FIXED64,
  WIRE_VARINT,
} from './protobuf-fields.ts';
import { readUvarint64, VARINT_TRUNCATED } from './varint.ts';

/**
 * Scanner of the message `TimeSeries` of remote write 1.0:
 *
 *     1 labels (message)*     2 samples (message)*     3 exemplars (message)*     4 histograms (message)*
 *     Sample: 1 value (double)    2 timestamp (int64, ms)
 *
 * Samples go straight into columns. Labels, exemplars and histograms are only delimited: labels of a known series are
 * compared as bytes and never decoded.
 */

/** A column is full. The caller makes room in it and goes on at the position where the scan stopped. */
export const NO_ROOM_FOR_SAMPLES = -20;
export const NO_ROOM_FOR_HISTOGRAMS = -21;
export const NO_ROOM_FOR_EXEMPLARS = -22;
/** So much of the series was scanned as was to be; the rest begins at the position where the scan stopped. */
export const SCAN_PAUSED = -23;

/** Room for what a request holds, and how much of it is filled. */
export interface TimeSeriesColumns {
  sampleCount: number;
  /** Milliseconds; beyond 2^53 - 1 an infinity, which no limit lets pass. */
  times: Float64Array;
  /** The halves (low, high) of the values' doubles. */
  bits: Uint32Array;
  histogramCount: number;
  /** Start and end of each histogram message. */
  histogramRanges: Uint32Array;
  exemplarCount: number;
  exemplarRanges: Uint32Array;
  /** The bytes of all label fields of the series scanned last, tags included. */
  labelsStart: number;
  labelsEnd: number;
  /** 1 when other fields lie between its labels, so that the bytes above are no key. */
  labelsScattered: number;
  /** Where the scan stopped; the place of the mistake after a negative code. */
  position: number;
  /** Two entries of scratch space. */
  halves: Uint32Array;
}

const LABELS = 1;
const SAMPLES = 2;
const EXEMPLARS = 3;
const HISTOGRAMS = 4;

/** To be called before a series is scanned whose message begins at `start`. */
export function beginTimeSeries(start: number, columns: TimeSeriesColumns): void {
  columns.labelsStart = start;
  columns.labelsEnd = start;
  columns.labelsScattered = 0;
  columns.position = start;
}

/**
 * Scans the message that ends before `end` in `bytes`, over which `view` lies, from `columns.position` on. Returns 0, or a negative code;
 * `SCAN_PAUSED` at the first field behind `bytesMax` bytes. A single field is scanned whole.
 */
export function scanTimeSeries(
  bytes: Uint8Array,
  view: DataView,
  end: number,
  columns: TimeSeriesColumns,
  bytesMax: number,
): number {
  const { halves } = columns;
  const start = columns.position;
  const pause = Math.min(end, start + bytesMax);
  let at = start;
  while (at < pause) {
    columns.position = at;
    const field = at;
    const tag = bytes[at]!;
    let size: number;
    let number: number;
    if (tag < 0x80 && (tag & 7) === WIRE_BYTES && at + 1 < end && bytes[at + 1]! < 0x80) {
      // The usual case: a known field shorter than 128 bytes.
      number = tag >>> 3;
      size = bytes[at + 1]!;
      at += 2;
      if (number === 0) return readTag(bytes, field, end, halves);
      if (size > end - at) return PROTOBUF_TRUNCATED;
    } else {
      at = readTag(bytes, at, end, halves);
      if (at < 0) return at;
      number = halves[0]!;
      const wireType = halves[1]!;
      if (wireType !== WIRE_BYTES) {
        if (number <= HISTOGRAMS) return PROTOBUF_WRONG_WIRE_TYPE;
        at = skipField(bytes, at, end, wireType, halves);
        if (at < 0) return at;
        continue;
      }
      at = readSize(bytes, at, end, halves);
      if (at < 0) return at;
      size = halves[0]!;
    }
    const fieldEnd = at + size;
    if (number === LABELS) {
      if (columns.labelsEnd === columns.labelsStart) columns.labelsStart = field;
      else if (columns.labelsEnd !== field) columns.labelsScattered = 1;
      columns.labelsEnd = fieldEnd;
    } else if (number === SAMPLES) {
      const code = scanSample(bytes, view, at, fieldEnd, columns);
      if (code < 0) return code;
    } else if (number === EXEMPLARS) {
      if (columns.exemplarRanges.length < 2 * columns.exemplarCount + 2) return NO_ROOM_FOR_EXEMPLARS;
      columns.exemplarRanges[2 * columns.exemplarCount] = at;
      columns.exemplarRanges[2 * columns.exemplarCount + 1] = fieldEnd;
      columns.exemplarCount++;
    } else if (number === HISTOGRAMS) {
      if (columns.histogramRanges.length < 2 * columns.histogramCount + 2) return NO_ROOM_FOR_HISTOGRAMS;
      columns.histogramRanges[2 * columns.histogramCount] = at;
      columns.histogramRanges[2 * columns.histogramCount + 1] = fieldEnd;
      columns.histogramCount++;
    }
    at = fieldEnd;
  }
  columns.position = at;
  return at < end ? SCAN_PAUSED : 0;
}

/** Absent fields are zero; of a repeated one the last counts. */
function scanSample(bytes: Uint8Array, view: DataView, start: number, end: number, columns: TimeSeriesColumns): number {
  const index = columns.sampleCount;
  if (index >= columns.times.length) return NO_ROOM_FOR_SAMPLES;
  if (end - start > WALKED_BYTES_MAX) return PROTOBUF_TOO_LARGE;
  const { halves, bits } = columns;
  let low = 0;
  let high = 0;
  let time = 0;
  let at = start;
  while (at < end) {
    columns.position = at;
    const tag = bytes[at]!;
    if (tag === 0x09) {
      if (end - at < 9) return PROTOBUF_TRUNCATED;
      low = view.getUint32(at + 1, true);
      high = view.getUint32(at + 5, true);
      at += 9;
    } else if (tag === 0x10) {
      at = readUvarint64(bytes, at + 1, end, halves);
      if (at < 0) return at === VARINT_TRUNCATED ? PROTOBUF_TRUNCATED : PROTOBUF_OVERFLOW;
      time = (halves[1]! | 0) * 0x100000000 + halves[0]!;
    } else {
      at = readTag(bytes, at, end, halves);
      if (at < 0) return at;
      const number = halves[0]!;
      const wireType = halves[1]!;
      if ((number === 1 && wireType !== WIRE_FIXED64) || (number === 2 && wireType !== WIRE_VARINT)) {
        return PROTOBUF_WRONG_WIRE_TYPE;
      }
      if (number === 1) {
        // The same field behind a tag of needless length.
        if (end - at < 8) return PROTOBUF_TRUNCATED;
        low = view.getUint32(at, true);
        high = view.getUint32(at + 4, true);
        at += 8;
      } else if (number === 2) {
        at = readUvarint64(bytes, at, end, halves);
        if (at < 0) return at === VARINT_TRUNCATED ? PROTOBUF_TRUNCATED : PROTOBUF_OVERFLOW;
        time = (halves[1]! | 0) * 0x100000000 + halves[0]!;
      } else {
        at = skipField(bytes, at, end, wireType, halves);
        if (at < 0) return at;
      }
    }
  }
  bits[2 * index] = low;
  bits[2 * index + 1] = high;
  columns.times[index] = Math.abs(time) > 9007199254740991 ? time * Number.POSITIVE_INFINITY : time;
  columns.sampleCount = index + 1;
  return 0;
}
