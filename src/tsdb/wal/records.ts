import { snappyDecode } from '../../kernels/snappy-decode.ts';
import { writeVarint64 } from '../../kernels/varint.ts';
import type { CounterResetHint, Histogram, Span } from '../../model/histogram.ts';
import { CUSTOM_BUCKETS_SCHEMA } from '../../model/histogram.ts';
import { assert } from '../../std/assert.ts';
import { runInTurns } from '../../std/turns.ts';
import type { ExemplarEntry, HistogramEntry } from '../../storage/append.ts';
import type { LogRecord } from './compressed-samples.ts';
import type { SnappyRecord } from './compressed-series.ts';
import { groupHistograms } from './histogram-groups.ts';
import { RecordBuffer, writeDelta } from './record-buffer.ts';
import { METRIC_TYPES, type MetadataEntry, RECORD, type SeriesEntry, type TombstoneEntry } from './record-types.ts';

/**
 * Batches to records. The byte layouts are drawn in docs/formats/wal.md.
 *
 * Every function returns a record of its own, which stays valid for as long as the caller keeps it; `WalWriter.append`
 * is done with it when it returns. Refs and times are integers within +-(2^53 - 1).
 */
const buffer = new RecordBuffer();

export function seriesRecord(entries: readonly SeriesEntry[]): Uint8Array {
  buffer.begin(RECORD.series);
  for (const entry of entries) {
    buffer.int64(entry.ref);
    buffer.labels(entry.labels);
  }
  return buffer.take();
}

/**
 * Samples of the rows `indexes[0..count-1]` of a batch's columns; `bits` are the values as 32-bit halves, low first.
 * A row costs 8 bytes for the value and, deltas being to the first row of the record, 2 to 5 for ref and time.
 */
export function samplesRecord(
  refs: Float64Array,
  times: Float64Array,
  bits: Uint32Array,
  indexes: Uint32Array,
  count: number,
): Uint8Array {
  buffer.begin(RECORD.samples);
  if (count > 0) {
    const first = indexes[0]!;
    buffer.int64(refs[first]!);
    buffer.int64(times[first]!);
    buffer.reserve(count * SAMPLE_BYTES_MAX);
    buffer.size = writeSamples(buffer.bytes, buffer.view, buffer.size, refs, times, bits, indexes, count);
  }
  return buffer.take();
}

/** The bytes of a record before it is compressed. */
export function recordBytes(record: LogRecord): Uint8Array {
  if (record instanceof Uint8Array) return record;
  if ('snappy' in record) return decompressed(record);
  const { refs, times, bits, indexes, from, to } = record;
  return samplesRecord(refs, times, bits, indexes.subarray(from, to), to - from);
}

function decompressed({ snappy, recordSize }: SnappyRecord): Uint8Array {
  const record = new Uint8Array(recordSize);
  const made = snappyDecode(snappy, 0, snappy.length, record, 0, recordSize);
  assert(made === recordSize, 'a record that was made compressed is malformed');
  return record;
}

/** One record for each kind that occurs, integer and float, with exponential and with custom buckets; more where series change theirs. */
export function histogramRecords(entries: readonly HistogramEntry[]): Uint8Array[] {
  return runInTurns(histogramRecordsInSteps(entries), null);
}

/** As `histogramRecords`, in steps of a millisecond. */
export function* histogramRecordsInSteps(entries: readonly HistogramEntry[]): Generator<undefined, Uint8Array[]> {
  const records: Uint8Array[] = [];
  for (const [type, chosen] of groupHistograms(entries, ({ histogram }) => recordTypeOf(histogram))) {
    const into = bufferFor(chosen.length);
    into.begin(type);
    writeBase(into, chosen);
    for (const [i, entry] of chosen.entries()) {
      if (i > 0 && i % STEP_ENTRIES === 0) yield;
      into.delta(entry.ref, chosen[0]!.ref);
      into.delta(entry.time, chosen[0]!.time);
      writeHistogram(into, entry.histogram);
    }
    records.push(into.take());
  }
  return records;
}

export function exemplarsRecord(entries: readonly ExemplarEntry[]): Uint8Array {
  return runInTurns(exemplarsRecordInSteps(entries), null);
}

/** As `exemplarsRecord`, in steps of a millisecond. */
export function* exemplarsRecordInSteps(entries: readonly ExemplarEntry[]): Generator<undefined, Uint8Array> {
  const into = bufferFor(entries.length);
  into.begin(RECORD.exemplars);
  writeBase(into, entries);
  for (const [i, entry] of entries.entries()) {
    if (i > 0 && i % STEP_ENTRIES === 0) yield;
    into.delta(entry.ref, entries[0]!.ref);
    into.delta(entry.time, entries[0]!.time);
    into.float64(entry.value);
    into.labels(entry.labels);
  }
  return into.take();
}

/** Histograms or exemplars written in one step. */
const STEP_ENTRIES = 512;

/** The buffer of all records, or one of its own where others are made while it is filled. */
function bufferFor(entries: number): RecordBuffer {
  return entries <= STEP_ENTRIES ? buffer : new RecordBuffer();
}

export function tombstonesRecord(entries: readonly TombstoneEntry[]): Uint8Array {
  buffer.begin(RECORD.tombstones);
  for (const entry of entries) {
    buffer.int64(entry.ref);
    buffer.varint(entry.minTime);
    buffer.varint(entry.maxTime);
  }
  return buffer.take();
}

/** Says that everything of some series is deleted, from the least to the greatest time that 64 bits hold. */
export function seriesDeletedRecord(refs: Iterable<number>): Uint8Array {
  buffer.begin(RECORD.tombstones);
  for (const ref of refs) {
    buffer.int64(ref);
    buffer.reserve(20);
    buffer.size = writeVarint64(buffer.bytes, buffer.size, 0, 0x80000000 | 0);
    buffer.size = writeVarint64(buffer.bytes, buffer.size, 0xffffffff, 0x7fffffff);
  }
  return buffer.take();
}

/** Markers of the series `refs[0..count-1]`, whose chunks begin at these offsets of one file of `chunks_head/`. */
export function mmapMarkersRecord(
  fileNumber: number,
  refs: Float64Array,
  offsets: Uint32Array,
  count: number,
): Uint8Array {
  buffer.begin(RECORD.mmapMarkers);
  for (let i = 0; i < count; i++) {
    buffer.int64(refs[i]!);
    buffer.int64(fileNumber * 2 ** 32 + offsets[i]!);
  }
  return buffer.take();
}

export function metadataRecord(entries: readonly MetadataEntry[]): Uint8Array {
  buffer.begin(RECORD.metadata);
  for (const entry of entries) {
    buffer.uvarint(entry.ref);
    buffer.byte(METRIC_TYPES.indexOf(entry.type));
    buffer.uvarint(2);
    buffer.text('UNIT');
    buffer.text(entry.unit);
    buffer.text('HELP');
    buffer.text(entry.help);
  }
  return buffer.take();
}

/** Two varints of at most ten bytes and the value. */
const SAMPLE_BYTES_MAX = 28;

/** The hot loop: about 12 bytes a row. Returns the offset behind the last one. */
function writeSamples(
  bytes: Uint8Array,
  view: DataView,
  start: number,
  refs: Float64Array,
  times: Float64Array,
  bits: Uint32Array,
  indexes: Uint32Array,
  count: number,
): number {
  let at = start;
  const firstRef = refs[indexes[0]!]!;
  const firstTime = times[indexes[0]!]!;
  for (let i = 0; i < count; i++) {
    const row = indexes[i]!;
    at = writeDelta(bytes, at, refs[row]!, firstRef);
    at = writeDelta(bytes, at, times[row]!, firstTime);
    view.setUint32(at, bits[2 * row + 1]!);
    view.setUint32(at + 4, bits[2 * row]!);
    at += 8;
  }
  return at;
}

function recordTypeOf(histogram: Histogram): number {
  const custom = histogram.schema === CUSTOM_BUCKETS_SCHEMA;
  if (histogram.kind === 'integer') return custom ? RECORD.customHistograms : RECORD.histograms;
  return custom ? RECORD.customFloatHistograms : RECORD.floatHistograms;
}

const HINTS: Readonly<Record<CounterResetHint, number>> = { unknown: 0, reset: 1, notReset: 2, gauge: 3 };

/** Everything of a histogram behind its ref and time; the same in all records of histograms. */
export function writeHistogram(buffer: RecordBuffer, histogram: Histogram): void {
  buffer.byte(HINTS[histogram.counterResetHint]);
  buffer.varint(histogram.schema);
  buffer.float64(histogram.zeroThreshold);
  if (histogram.kind === 'integer') {
    buffer.uvarint(histogram.zeroCount);
    buffer.uvarint(histogram.count);
  } else {
    buffer.float64(histogram.zeroCount);
    buffer.float64(histogram.count);
  }
  buffer.float64(histogram.sum);
  writeSpans(buffer, histogram.positiveSpans);
  writeSpans(buffer, histogram.negativeSpans);
  if (histogram.kind === 'integer') {
    writeDeltas(buffer, histogram.positiveDeltas);
    writeDeltas(buffer, histogram.negativeDeltas);
  } else {
    writeFloats(buffer, histogram.positiveCounts);
    writeFloats(buffer, histogram.negativeCounts);
  }
  if (histogram.schema === CUSTOM_BUCKETS_SCHEMA) writeFloats(buffer, histogram.customValues);
}

function writeSpans(buffer: RecordBuffer, spans: readonly Span[]): void {
  buffer.uvarint(spans.length);
  for (const span of spans) {
    buffer.varint(span.offset);
    buffer.uvarint(span.length);
  }
}

function writeDeltas(buffer: RecordBuffer, deltas: readonly number[]): void {
  buffer.uvarint(deltas.length);
  for (const delta of deltas) buffer.varint(delta);
}

function writeFloats(buffer: RecordBuffer, values: readonly number[]): void {
  buffer.uvarint(values.length);
  for (const value of values) buffer.float64(value);
}

/** Ref and time of the first entry, to which all deltas are; nothing where there are no entries. */
function writeBase(buffer: RecordBuffer, entries: readonly { readonly ref: number; readonly time: number }[]): void {
  const first = entries[0];
  if (first === undefined) return;
  buffer.int64(first.ref);
  buffer.int64(first.time);
}
