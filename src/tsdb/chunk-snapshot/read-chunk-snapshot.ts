import { labelBytesEnd } from '../../model/label-bytes.ts';
import type { FileSystem } from '../../std/file-system.ts';
import { countMask, isFloatEncoding } from '../chunk/encoding.ts';
import { isDecodable } from '../chunks-head/list-head-chunks.ts';
import { DamagedFile } from '../damaged-file.ts';
import type { WholeChunk } from '../head/take-chunk.ts';
import { RecordDecompressor } from '../wal/compression.ts';
import { RecordDecoder } from '../wal/decode-records.ts';
import { PAGE_SIZE } from '../wal/framing.ts';
import { MalformedRecord, RecordCursor } from '../wal/record-cursor.ts';
import { RECORD, type TombstoneEntry } from '../wal/record-types.ts';
import { SegmentReader } from '../wal/segment-reader.ts';
import { listSegments, segmentPath } from '../wal/segments.ts';
import type { WalVisitor } from '../wal/visitor.ts';

/** First byte of the records of a snapshot (docs/formats/head-snapshot.md). */
export const SNAPSHOT_RECORD = { series: 1, tombstones: 2, exemplars: 3 } as const;

const RECORD_BYTES_MAX = 64 * 1024 * 1024;
/** Records between two turns of the event loop: some 5 ms. */
const STEP_RECORDS = 1000;
const REF_END = 9;
const TOMBSTONES_VERSION = 1;
/** What a record has between chunk and last value of floats: three samples and a time, all zero. */
const LAST_VALUE_GAP = 56;

export interface SnapshotTarget {
  /** Gets series, deletions and exemplars as if the log had them. */
  readonly visitor: WalVisitor;
  /** Gets the chunk of a series, after the series; false where it can not be what follows the series' other chunks. */
  takeChunk(ref: number, chunk: WholeChunk): boolean;
}

/**
 * Reads a snapshot whole; yields now and then. Returns the number of series. Throws `DamagedFile` where something is
 * damaged, missing or not known: what the target got is then of no use. Throws `FileSystemError`.
 */
export function* readChunkSnapshot(
  fileSystem: FileSystem,
  directory: string,
  target: SnapshotTarget,
): Generator<void, number> {
  const records = new SnapshotReader(target);
  const numbers = listSegments(fileSystem, directory);
  for (const [i, number] of numbers.entries()) {
    if (number !== i) throw new DamagedFile(segmentPath(directory, i), 0, 'the segment is not there');
    const file = fileSystem.openSync(segmentPath(directory, number), 'r');
    try {
      const size = file.sizeSync();
      if (size % PAGE_SIZE !== 0) throw new DamagedFile(file.path, size, 'it ends inside a page');
      const reader = new SegmentReader(file, RECORD_BYTES_MAX);
      for (let done = 0; reader.next(); done++) {
        const reason = records.visit(reader);
        if (reason !== null) throw new DamagedFile(file.path, reader.recordOffset, reason);
        if (done % STEP_RECORDS === STEP_RECORDS - 1) yield;
      }
      const bad = reader.bad[0] ?? reader.tail;
      if (bad !== null) throw new DamagedFile(file.path, bad.offset, bad.reason);
    } finally {
      file.closeSync();
    }
    yield;
  }
  // A writer puts them behind the series, be they none.
  if (!records.hasTombstones) throw new DamagedFile(directory, 0, 'it ends before the deletions');
  return records.series;
}

class SnapshotReader {
  series = 0;
  hasTombstones = false;
  readonly #target: SnapshotTarget;
  readonly #decompressor = new RecordDecompressor(RECORD_BYTES_MAX);
  readonly #decoder: RecordDecoder;
  readonly #cursor = new RecordCursor();

  constructor(target: SnapshotTarget) {
    this.#target = target;
    this.#decoder = new RecordDecoder(target.visitor);
  }

  /** Why the record at hand can not be used, or null. */
  visit(reader: SegmentReader): string | null {
    const record = this.#decompressor.decompress(reader.record, reader.recordSize, reader.recordFlags);
    if (typeof record === 'string') return record;
    try {
      const type = record[0];
      if (type === SNAPSHOT_RECORD.series) return this.#series(record);
      if (type === SNAPSHOT_RECORD.tombstones) return this.#tombstones(record);
      if (type === SNAPSHOT_RECORD.exemplars) return this.#asLogged(record, RECORD.exemplars, record.length);
      return `a record of unknown type ${type ?? '(it is empty)'}`;
    } catch (error) {
      if (error instanceof MalformedRecord) return error.message;
      throw error;
    }
  }

  /** The log has the same record under another type. */
  #asLogged(record: Uint8Array, type: number, end: number): string | null {
    record[0] = type;
    const { leftOut } = this.#decoder.counts;
    const reason = this.#decoder.visit(record.subarray(0, end));
    if (reason !== null) return reason;
    return this.#decoder.counts.leftOut > leftOut ? 'a ref or time that can not be represented' : null;
  }

  #series(record: Uint8Array): string | null {
    const labelsEnd = record.length < REF_END ? -1 : labelBytesEnd(record, REF_END, record.length);
    if (labelsEnd < 0) return 'labels that can not be read';
    const cursor = this.#cursor;
    cursor.begin(record);
    cursor.byte();
    const ref = cursor.int64();
    const reason = this.#asLogged(record, RECORD.series, labelsEnd);
    if (reason !== null) return reason;
    this.series++;
    cursor.at = labelsEnd;
    cursor.int64();
    if (cursor.uvarint() === 0) return null;
    const firstTime = cursor.int64();
    const lastTime = cursor.int64();
    const encoding = cursor.byte();
    const byteLength = cursor.count(1);
    const start = cursor.at;
    const count = byteLength < 2 ? 0 : ((record[start]! << 8) | record[start + 1]!) & countMask(encoding);
    if (!isDecodable(encoding) || count === 0 || !(lastTime >= firstTime)) return `a chunk of encoding ${encoding}`;
    cursor.at = start + byteLength;
    let lastValue: [number, number] = [0, 0];
    if (isFloatEncoding(encoding)) {
      if (cursor.left !== LAST_VALUE_GAP + 8) return 'the last value is not there';
      const view = new DataView(record.buffer, record.byteOffset + cursor.at + LAST_VALUE_GAP, 8);
      lastValue = [view.getUint32(4), view.getUint32(0)];
    }
    const chunk = { bytes: record, start, byteLength, encoding, count, firstTime, lastTime, lastValue };
    return this.#target.takeChunk(ref, chunk) ? null : 'a chunk that can not follow those in files';
  }

  /** Version and entries as in a tombstones file. */
  #tombstones(record: Uint8Array): string | null {
    const cursor = this.#cursor;
    cursor.begin(record);
    cursor.byte();
    const size = cursor.count(1);
    if (size !== cursor.left) return 'bytes behind the deletions';
    const version = cursor.byte();
    if (version !== TOMBSTONES_VERSION) return `deletions of version ${version} are not known`;
    const entries: TombstoneEntry[] = [];
    while (cursor.left > 0) {
      const ref = cursor.uvarint();
      const minTime = cursor.varint();
      const maxTime = cursor.varint();
      // Prometheus writes such a one for each series that has no sample in the range of a deletion.
      if (maxTime >= minTime) entries.push({ ref, minTime, maxTime });
    }
    this.#target.visitor.tombstones(entries);
    this.hasTombstones = true;
    return null;
  }
}
