import { zstdDecompressSync } from 'node:zlib';
import { snappyDecode, snappyDecodedSize } from '../../src/kernels/snappy-decode.ts';
import { METRIC_TYPES } from '../../src/tsdb/wal/record-types.ts';
import { Annotation } from './annotation.ts';
import { annotateChunk, encodingName } from './chunks.ts';

const PAGE_BYTES = 32 * 1024;
const HEADER_BYTES = 7;
const KINDS = ['the rest of the page is zeros', 'whole record', 'first fragment', 'middle fragment', 'last fragment'];
const SNAPPY = 8;
const ZSTD = 16;

/** What the records of a log's segment are: those of `wal/`, `wbl/` and checkpoints, or those of a snapshot of the head. */
export type RecordKind = 'log' | 'snapshot';

/** A segment: fragments, and below the last of each record its fields. */
export function annotateLog(bytes: Uint8Array, kind: RecordKind): string[] {
  const file = new Annotation(bytes);
  let parts: Uint8Array[] = [];
  while (file.left > 0) {
    const pageLeft = PAGE_BYTES - (file.at % PAGE_BYTES);
    if (pageLeft < HEADER_BYTES || bytes[file.at] === 0) {
      const size = Math.min(pageLeft, file.left);
      if (size > 0)
        file.lines.push(`${file.at.toString(16).padStart(6, '0')}  zeros, ${size} bytes: the rest of the page`);
      file.at += size;
      continue;
    }
    file.title('');
    const type = Number(file.uint(1, 'fragment', typeText));
    const size = Number(file.uint(2, 'size'));
    file.field(4, 'CRC-32C of the data');
    const isLast = (type & 7) === 1 || (type & 7) === 4;
    if ((type & 7) <= 2) parts = [];
    if (isLast && parts.length === 0 && (type & (SNAPPY | ZSTD)) === 0) {
      // The fields stand at their place in the file.
      const end = file.at + size;
      file.nested(() => annotateRecord(file, end, kind));
      file.at = end;
      continue;
    }
    parts.push(file.field(size, 'data'));
    if (!isLast) continue;
    const plain = decompress(Uint8Array.from(parts.flatMap((part) => [...part])), type);
    file.title(`the record, ${plain.length} bytes:`);
    const record = new Annotation(plain);
    annotateRecord(record, plain.length, kind);
    for (const line of record.lines) file.title(`  ${line}`);
  }
  return file.lines;
}

function typeText(type: bigint): string {
  const flags = [type & BigInt(SNAPPY) ? ', snappy' : '', type & BigInt(ZSTD) ? ', zstd' : ''].join('');
  return `${type}, ${KINDS[Number(type & 7n)] ?? 'unknown'}${flags}`;
}

function decompress(bytes: Uint8Array, type: number): Uint8Array {
  if ((type & ZSTD) !== 0) return zstdDecompressSync(bytes);
  if ((type & SNAPPY) === 0) return bytes;
  const plain = new Uint8Array(snappyDecodedSize(bytes, 0, bytes.length) + 32);
  return plain.subarray(0, snappyDecode(bytes, 0, bytes.length, plain, 0, plain.length));
}

const LOG_TYPES = [
  'unknown',
  'series',
  'samples',
  'tombstones',
  'exemplars',
  'chunk markers',
  'metadata',
  'histograms',
  'float histograms',
  'histograms with custom buckets',
  'float histograms with custom buckets',
  'samples with start times',
  'histograms with start times',
  'float histograms with start times',
];
const SNAPSHOT_TYPES = ['unknown', 'series', 'tombstones', 'exemplars'];

function annotateRecord(record: Annotation, end: number, kind: RecordKind): void {
  const names = kind === 'log' ? LOG_TYPES : SNAPSHOT_TYPES;
  const type = Number(record.uint(1, 'type', (value) => `${value}, ${names[Number(value)] ?? 'unknown'}`));
  record.nested(() => {
    if (kind === 'snapshot') snapshotRecord(record, type, end);
    else logRecord(record, type, end);
  });
  if (record.at < end) record.field(end - record.at, 'not known');
}

function logRecord(record: Annotation, type: number, end: number): void {
  if (type === 1) {
    while (record.at < end) {
      record.uint(8, 'ref');
      labels(record);
    }
  } else if (type === 2) deltas(record, end, () => record.float64('value'));
  else if (type === 3) {
    while (record.at < end) {
      record.uint(8, 'ref');
      record.varint('deleted from');
      record.varint('deleted to');
    }
  } else if (type === 4) exemplars(record, end);
  else if (type === 5) {
    while (record.at < end) {
      record.uint(8, 'ref');
      record.uint(8, 'chunk', (ref) => `file ${ref >> 32n} at ${ref & 0xffffffffn}`);
    }
  } else if (type === 6) metadata(record, end);
  else if (type >= 7 && type <= 10) {
    const isInteger = type === 7 || type === 9;
    deltas(record, end, () => histogram(record, isInteger));
  } else if (type === 11) withStartTimes(record, end, () => record.float64('value'));
  else if (type === 12 || type === 13) withStartTimes(record, end, () => histogram(record, type === 12));
}

function deltas(record: Annotation, end: number, value: () => void): void {
  if (record.at === end) return;
  const ref = record.uint(8, 'first ref');
  const time = record.int64('first time');
  while (record.at < end) {
    record.varint('ref', (step) => `first + ${step}, ${ref + step}`);
    record.varint('time', (step) => `first + ${step}, ${time + step}`);
    record.nested(value);
  }
}

function exemplars(record: Annotation, end: number): void {
  deltas(record, end, () => {
    record.float64('value');
    labels(record);
  });
}

function withStartTimes(record: Annotation, end: number, value: () => void): void {
  let ref = 0n;
  let firstTime = 0n;
  let firstStart = 0n;
  for (let isFirst = true; record.at < end; isFirst = false) {
    record.varint('ref', (step) => `${isFirst ? '' : `the one before + ${step}, `}${(ref += step)}`);
    if (isFirst) {
      firstTime = record.varint('time');
      firstStart = record.varint('start time');
    } else {
      record.varint('time', (step) => `first + ${step}, ${firstTime + step}`);
      const marker = record.uint(
        1,
        'start time',
        (byte) => ['none', 'that of the entry before'][Number(byte)] ?? 'follows',
      );
      if (marker > 1n) record.varint('start time', (step) => `first + ${step}, ${firstStart + step}`);
    }
    record.nested(value);
  }
}

function metadata(record: Annotation, end: number): void {
  while (record.at < end) {
    record.uvarint('ref');
    record.uint(1, 'type', (type) => `${type}, ${METRIC_TYPES[Number(type)] ?? 'unknown'}`);
    for (let fields = record.uvarint('fields'); fields > 0n; fields--) {
      record.text('field');
      record.text('text');
    }
  }
}

const HINTS = ['unknown', 'reset', 'no reset', 'gauge'];

function histogram(record: Annotation, isInteger: boolean): void {
  record.uint(1, 'counter reset', (hint) => HINTS[Number(hint)] ?? 'unknown');
  const schema = record.varint('schema');
  record.float64('zero threshold');
  for (const name of ['zero count', 'count']) {
    if (isInteger) record.uvarint(name);
    else record.float64(name);
  }
  record.float64('sum');
  for (const side of ['positive', 'negative']) {
    for (let left = record.uvarint(`${side} spans`); left > 0n; left--) {
      record.varint('offset');
      record.uvarint('length');
    }
  }
  for (const side of ['positive', 'negative']) {
    for (let left = record.uvarint(`${side} buckets`); left > 0n; left--) {
      if (isInteger) record.varint('bucket, more than the one before');
      else record.float64('bucket');
    }
  }
  if (schema !== -53n) return;
  for (let left = record.uvarint('custom bounds'); left > 0n; left--) record.float64('bound');
}

function labels(record: Annotation): void {
  for (let left = record.uvarint('labels'); left > 0n; left--) {
    record.text('name');
    record.text('value');
  }
}

function snapshotRecord(record: Annotation, type: number, end: number): void {
  if (type === 3) {
    exemplars(record, end);
    return;
  }
  if (type === 2) {
    record.uvarint('length');
    record.uint(1, 'version');
    while (record.at < end) {
      record.uvarint('ref');
      record.varint('deleted from');
      record.varint('deleted to');
    }
    return;
  }
  if (type !== 1) return;
  record.uint(8, 'ref');
  labels(record);
  record.int64('not used');
  if (record.uvarint('has a chunk') === 0n) return;
  record.int64('first time');
  record.int64('last time');
  const encoding = Number(record.uint(1, 'encoding', encodingName));
  annotateChunk(record, encoding, Number(record.uvarint('length of the data')));
  if (encoding === 1 || encoding === 4) {
    for (let i = 0; i < 4; i++) {
      record.int64('not used');
      record.float64(i < 3 ? 'not used' : 'last value');
    }
  } else histogram(record, encoding === 2 || encoding === 5);
}
