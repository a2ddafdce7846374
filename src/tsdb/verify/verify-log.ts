import type { FileSystem } from '../../std/file-system.ts';
import { RecordDecompressor } from '../wal/compression.ts';
import { RecordDecoder } from '../wal/decode-records.ts';
import { RECORD, RECORD_BYTES_MAX } from '../wal/record-types.ts';
import { SegmentReader } from '../wal/segment-reader.ts';
import { listSegments, segmentPath } from '../wal/segments.ts';
import type { WalVisitor } from '../wal/visitor.ts';
import type { Findings } from './findings.ts';
import { SnapshotRecords } from './snapshot-records.ts';

/** What a directory of segments is: a log that is written to, or files that were made whole. */
export type LogKind = 'wal' | 'wbl' | 'checkpoint' | 'snapshot';

export interface LogContent {
  segments: number;
  records: number;
  samples: number;
}

/** A set of JavaScript holds 2^24 entries; refs of larger logs are not checked. */
const REFS_MAX = 16_000_000;

/** Refs of series that the log has defined: those of a checkpoint, then those of the segments behind it. */
export class KnownRefs {
  readonly #refs = new Set<number>();

  get isFull(): boolean {
    return this.#refs.size >= REFS_MAX;
  }

  add(ref: number): void {
    if (!this.isFull) this.#refs.add(ref);
  }

  has(ref: number): boolean {
    return this.isFull || this.#refs.has(ref);
  }
}

/**
 * Checks the segments of one directory, one record after the other: checksums, compression, every field, refs of series
 * that are not known, numbers that are missing. Memory: the largest record, and the refs.
 */
export function verifyLog(
  fileSystem: FileSystem,
  directory: string,
  kind: LogKind,
  refs: KnownRefs,
  findings: Findings,
  advance: (bytes: number, path: string) => void,
): LogContent {
  const content: LogContent = { segments: 0, records: 0, samples: 0 };
  const numbers = listSegments(fileSystem, directory);
  for (const [i, number] of numbers.entries()) {
    const path = segmentPath(directory, number);
    if (i > 0 && number !== numbers[i - 1]! + 1) {
      findings.fault(path, null, `the segments between ${numbers[i - 1]} and ${number} are missing`);
    }
    const isGrowing = i === numbers.length - 1 && (kind === 'wal' || kind === 'wbl');
    findings.guard(path, () => {
      const file = fileSystem.openSync(path, 'r');
      try {
        const reader = new SegmentReader(file, RECORD_BYTES_MAX);
        new SegmentCheck(path, reader, kind, refs, findings, content).run((bytes) => advance(bytes, path), isGrowing);
      } finally {
        file.closeSync();
      }
    });
    content.segments++;
  }
  return content;
}

class SegmentCheck implements WalVisitor {
  readonly #path: string;
  readonly #reader: SegmentReader;
  readonly #kind: LogKind;
  readonly #refs: KnownRefs;
  readonly #findings: Findings;
  readonly #content: LogContent;
  readonly #decompressor = new RecordDecompressor(RECORD_BYTES_MAX);
  readonly #decoder = new RecordDecoder(this);
  readonly #snapshot = new SnapshotRecords();
  #unknown = 0;

  constructor(
    path: string,
    reader: SegmentReader,
    kind: LogKind,
    refs: KnownRefs,
    findings: Findings,
    content: LogContent,
  ) {
    this.#path = path;
    this.#reader = reader;
    this.#kind = kind;
    this.#refs = refs;
    this.#findings = findings;
    this.#content = content;
  }

  run(advance: (bytes: number) => void, isGrowing: boolean): void {
    const reader = this.#reader;
    let told = 0;
    let done = 0;
    while (reader.next()) {
      for (; told < reader.bad.length; told++) this.#bad(told);
      const reason = this.#record();
      if (reason !== null) this.#findings.fault(this.#path, reader.recordOffset, reason);
      this.#content.records++;
      advance(reader.position - done);
      done = reader.position;
    }
    for (; told < reader.bad.length; told++) this.#bad(told);
    advance(reader.size - done);
    if (reader.tail !== null) {
      const { offset, reason, size } = reader.tail;
      const text = `${size} bytes: ${reason}`;
      if (isGrowing && reader.end === 'short') {
        this.#findings.note(this.#path, offset, `${text}; a kill leaves this, and the next start cuts it off`);
      } else this.#findings.fault(this.#path, offset, text);
    }
    if (this.#unknown > 0) {
      this.#findings.note(this.#path, null, `${this.#unknown} entries of series that the log does not define`);
    }
  }

  #bad(index: number): void {
    const { offset, reason, size } = this.#reader.bad[index]!;
    this.#findings.fault(this.#path, offset, `${size} bytes: ${reason}`);
  }

  /** Why the record at hand is damaged, or null. */
  #record(): string | null {
    const { record: bytes, recordFlags, recordOffset, recordSize } = this.#reader;
    const record = this.#decompressor.decompress(bytes, recordSize, recordFlags);
    if (typeof record === 'string') return record;
    if (this.#kind === 'snapshot') return this.#snapshot.check(record);
    if (record[0] === RECORD.mmapMarkers)
      return (record.length - 1) % 16 === 0 ? null : 'markers of 16 bytes each do not fit';
    const { leftOut, unknownRecords } = this.#decoder.counts;
    const reason = this.#decoder.visit(record);
    if (this.#decoder.counts.unknownRecords > unknownRecords) {
      this.#findings.note(this.#path, recordOffset, `a record of unknown type ${record[0] ?? '(it is empty)'}`);
    }
    const more = this.#decoder.counts.leftOut - leftOut;
    if (more > 0) {
      this.#findings.note(this.#path, recordOffset, `${more} entries whose ref, time or schema can not be represented`);
    }
    return reason;
  }

  series(ref: number): void {
    this.#refs.add(ref);
  }

  samples({ length, refs }: { readonly length: number; readonly refs: Float64Array }): void {
    this.#content.samples += length;
    for (let i = 0; i < length; i++) this.#check(refs[i]!);
  }

  histograms(entries: readonly { readonly ref: number }[]): void {
    this.#content.samples += entries.length;
    this.#checkAll(entries);
  }

  exemplars(entries: readonly { readonly ref: number }[]): void {
    this.#checkAll(entries);
  }

  tombstones(entries: readonly { readonly ref: number }[]): void {
    this.#checkAll(entries);
  }

  metadata(entries: readonly { readonly ref: number }[]): void {
    this.#checkAll(entries);
  }

  #checkAll(entries: readonly { readonly ref: number }[]): void {
    for (const { ref } of entries) this.#check(ref);
  }

  #check(ref: number): void {
    if (!this.#refs.has(ref)) this.#unknown++;
  }
}
