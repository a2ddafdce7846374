import { readVarint64, signedFromHalves } from '../../kernels/varint.ts';
import { START_TIME } from './record-types.ts';
import type { SampleColumns } from './visitor.ts';

/** The record's bytes are no samples. */
const MALFORMED = -1;

export function createSampleColumns(): SampleColumns {
  const values = new Float64Array(0);
  return {
    length: 0,
    refs: new Float64Array(0),
    times: new Float64Array(0),
    values,
    bits: new Uint32Array(values.buffer),
    startTimes: null,
  };
}

/**
 * Decodes a samples record (type byte included) into `columns`, which grow as needed. Returns the number of samples that
 * were left out because ref or time is beyond what a double holds exactly, or a negative code.
 */
export function decodeSamples(record: Uint8Array, columns: SampleColumns): number {
  columns.length = 0;
  columns.startTimes = null;
  if (record.length === 1) return 0;
  if (record.length < 17) return MALFORMED;
  reserve(columns, Math.floor((record.length - 17) / SAMPLE_BYTES_MIN) + 1);
  const { refs, times, bits } = columns;
  const end = record.length;
  const refBase = readInt64(record, 1, firstRef);
  const timeBase = readInt64(record, 9, firstTime);
  // Small deltas to an exact base can be added as doubles.
  const isExact = isSafe(refBase) && isSafe(timeBase);
  let at = 17;
  let row = 0;
  let leftOut = 0;
  while (at < end) {
    const byte = record[at]!;
    if (isExact && byte < 0x80) {
      refs[row] = refBase + ((byte >>> 1) ^ -(byte & 1));
      at++;
    } else if (isExact && at + 1 < end && record[at + 1]! < 0x80) {
      const zigzag = (byte & 0x7f) | (record[at + 1]! << 7);
      refs[row] = refBase + ((zigzag >>> 1) ^ -(zigzag & 1));
      at += 2;
    } else if (isExact && at + 2 < end && record[at + 2]! < 0x80) {
      const zigzag = (byte & 0x7f) | ((record[at + 1]! & 0x7f) << 7) | (record[at + 2]! << 14);
      refs[row] = refBase + ((zigzag >>> 1) ^ -(zigzag & 1));
      at += 3;
    } else {
      at = readSum(record, at, end, firstRef, ref);
      if (at < 0) return MALFORMED;
      refs[row] = signedFromHalves(ref[0]!, ref[1]!);
    }
    if (isExact && at < end && record[at]! < 0x80) {
      const zigzag = record[at]!;
      times[row] = timeBase + ((zigzag >>> 1) ^ -(zigzag & 1));
      at++;
    } else {
      at = readSum(record, at, end, firstTime, time);
      if (at < 0) return MALFORMED;
      times[row] = signedFromHalves(time[0]!, time[1]!);
    }
    if (at + 8 > end) return MALFORMED;
    bits[2 * row + 1] = readUint32(record, at);
    bits[2 * row] = readUint32(record, at + 4);
    at += 8;
    if (isUsable(refs[row]!, times[row]!)) row++;
    else leftOut++;
  }
  columns.length = row;
  return leftOut;
}

/** As `decodeSamples`, for the form that carries start times: refs are deltas to the sample before. */
export function decodeSamplesV2(record: Uint8Array, columns: SampleColumns): number {
  columns.length = 0;
  columns.startTimes = null;
  if (record.length === 1) return 0;
  reserve(columns, Math.floor((record.length - 1) / SAMPLE_BYTES_MIN) + 1);
  const { refs, times, bits } = columns;
  const startTimes = new Float64Array(refs.length);
  const end = record.length;
  ref.fill(0);
  let at = 1;
  let row = 0;
  let leftOut = 0;
  for (let isFirst = true; at < end; isFirst = false) {
    at = readSum(record, at, end, ref, ref);
    if (at > 0) at = readSum(record, at, end, isFirst ? zero : firstTime, time);
    if (at < 0 || at >= end) return MALFORMED;
    if (isFirst) {
      firstTime.set(time);
      at = readSum(record, at, end, zero, start);
      firstStart.set(start);
    } else {
      const marker = record[at++]!;
      if (marker === START_TIME.none) start.fill(0);
      else if (marker !== START_TIME.same) at = readSum(record, at, end, firstStart, start);
    }
    if (at < 0 || at + 8 > end) return MALFORMED;
    refs[row] = signedFromHalves(ref[0]!, ref[1]!);
    times[row] = signedFromHalves(time[0]!, time[1]!);
    startTimes[row] = signedFromHalves(start[0]!, start[1]!);
    bits[2 * row + 1] = readUint32(record, at);
    bits[2 * row] = readUint32(record, at + 4);
    at += 8;
    if (isUsable(refs[row]!, times[row]!)) row++;
    else leftOut++;
  }
  columns.length = row;
  columns.startTimes = startTimes;
  return leftOut;
}

/** True for what the rest of the database can carry: a positive ref and a time that doubles hold exactly. */
export function isUsable(ref: number, time: number): boolean {
  return ref > 0 && ref <= Number.MAX_SAFE_INTEGER && isSafe(time);
}

/**
 * Reads a zigzag varint and puts its 64-bit sum with `base` into `into`, all as halves (low, high). Returns the offset
 * behind it or a negative code.
 */
export function readSum(bytes: Uint8Array, at: number, end: number, base: Uint32Array, into: Uint32Array): number {
  const next = readVarint64(bytes, at, end, delta);
  if (next < 0) return MALFORMED;
  const low = base[0]! + delta[0]!;
  into[1] = base[1]! + delta[1]! + (low > 0xffffffff ? 1 : 0);
  into[0] = low;
  return next;
}

/** Two varints of one byte and the value. */
const SAMPLE_BYTES_MIN = 10;

/** 64-bit integers as halves, low first: scratch of the decoders above. */
const zero = new Uint32Array(2);
const delta = new Uint32Array(2);
const ref = new Uint32Array(2);
const time = new Uint32Array(2);
const start = new Uint32Array(2);
const firstRef = new Uint32Array(2);
const firstTime = new Uint32Array(2);
const firstStart = new Uint32Array(2);

function isSafe(value: number): boolean {
  return value >= -Number.MAX_SAFE_INTEGER && value <= Number.MAX_SAFE_INTEGER;
}

function readInt64(bytes: Uint8Array, at: number, into: Uint32Array): number {
  into[1] = readUint32(bytes, at);
  into[0] = readUint32(bytes, at + 4);
  return signedFromHalves(into[0]!, into[1]!);
}

function readUint32(bytes: Uint8Array, at: number): number {
  return (bytes[at]! << 24) | (bytes[at + 1]! << 16) | (bytes[at + 2]! << 8) | bytes[at + 3]!;
}

/** Whatever the columns held is lost. */
function reserve(columns: SampleColumns, capacity: number): void {
  if (columns.refs.length >= capacity) return;
  const size = Math.max(capacity, 2 * columns.refs.length);
  columns.refs = new Float64Array(size);
  columns.times = new Float64Array(size);
  columns.values = new Float64Array(size);
  columns.bits = new Uint32Array(columns.values.buffer);
}
