import { clearColumn } from '../../storage/merge-columns.ts';
import { createSampleColumn } from '../../storage/query.ts';
import { ChunkDecoder } from '../chunk/chunk-decoder.ts';
import { SNAPSHOT_RECORD } from '../chunk-snapshot/read-chunk-snapshot.ts';
import { MalformedRecord, RecordCursor } from '../wal/record-cursor.ts';
import { columnFault } from './column-fault.ts';

/** Checks the records of Prometheus' snapshots of the head. */
export class SnapshotRecords {
  readonly #cursor = new RecordCursor();
  readonly #decoder = new ChunkDecoder();
  readonly #column = createSampleColumn(256);

  /** Why a record is malformed, or null. */
  check(record: Uint8Array): string | null {
    this.#cursor.begin(record);
    try {
      const type = this.#cursor.byte();
      if (type === SNAPSHOT_RECORD.series) return this.#series();
      if (type === SNAPSHOT_RECORD.tombstones) return this.#tombstones();
      if (type === SNAPSHOT_RECORD.exemplars) return this.#exemplars();
      return `unknown type ${type}`;
    } catch (error) {
      if (error instanceof MalformedRecord) return error.message;
      throw error;
    }
  }

  #series(): string | null {
    const cursor = this.#cursor;
    cursor.int64();
    cursor.labels();
    cursor.int64();
    if (cursor.uvarint() === 0) return null;
    const minTime = cursor.int64();
    const maxTime = cursor.int64();
    const encoding = cursor.byte();
    const length = cursor.count(1);
    const chunk = cursor.bytes.subarray(cursor.at, cursor.at + length);
    clearColumn(this.#column);
    return this.#decoder.decode(encoding, chunk, this.#column) ?? columnFault(this.#column, minTime, maxTime);
  }

  /** Version and entries as in a tombstones file. */
  #tombstones(): string | null {
    const cursor = this.#cursor;
    const end = cursor.count(1) + cursor.at;
    const version = cursor.byte();
    if (version !== 1) return `tombstones version ${version} is not known`;
    while (cursor.at < end) {
      cursor.uvarint();
      // An end before the beginning stands for a series that has no sample in the range of a deletion.
      cursor.varint();
      cursor.varint();
    }
    return cursor.at === end && cursor.left === 0 ? null : 'bytes behind the tombstones';
  }

  #exemplars(): string | null {
    const cursor = this.#cursor;
    if (cursor.left === 0) return null;
    cursor.int64();
    cursor.int64();
    while (cursor.left > 0) {
      cursor.varint();
      cursor.varint();
      cursor.float64();
      cursor.labels();
    }
    return null;
  }
}
