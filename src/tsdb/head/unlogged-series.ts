import { bytesFromLabels, labelSize, labelSizeBytes } from '../../model/label-bytes.ts';
import type { Labels } from '../../model/labels.ts';
import type { LogRecord } from '../wal/compressed-samples.ts';
import { SeriesCompressor, type SharedRuns } from '../wal/compressed-series.ts';
import { RecordBuffer } from '../wal/record-buffer.ts';
import { RECORD } from '../wal/record-types.ts';
import { recordBytes } from '../wal/records.ts';

/** Bytes of a ref in the record. */
const REF_BYTES = 8;
/** A record of so many bytes is not unpacked for a label set that nothing is known of: it takes its bytes as they are. */
const UNPACKED_BYTES_MAX = 64 * 1024;
const NO_RUNS: SharedRuns = { runs: new Uint32Array(0), runCount: 0 };

/**
 * Series that the log does not have yet, as the record that will tell it of them: bytes, since there may be hundreds of
 * thousands in one transaction. As long as each label set is compared with the one before, the record is made compressed. A small
 * one becomes plain where that ends, and is compressed by a search later; in a large one, as the first scrape of a large target makes
 * it before the series of its report, single label sets stand as they are.
 */
export class UnloggedSeries {
  readonly #compressor = new SeriesCompressor();
  /** The record where it can not be made compressed. */
  readonly #plain = new RecordBuffer();
  #isPlain = false;
  #count = 0;
  /** Which label set came last, as `LabelEntry.serial` counts them. */
  #lastSerial = 0;

  get count(): number {
    return this.#count;
  }

  /** The record; valid until the next change. */
  get record(): LogRecord {
    return this.#isPlain ? this.#plain.bytes.subarray(0, this.#plain.size) : this.#compressor.record();
  }

  add(ref: number, labels: Labels): void {
    if (this.#staysCompressed) {
      const bytes = bytesFromLabels(labels);
      const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.length);
      this.#compressor.add(ref, view, 0, bytes.length, NO_RUNS);
    } else {
      this.#makePlain();
      this.#plain.int64(ref);
      this.#plain.labels(labels);
    }
    this.#count++;
  }

  /**
   * As `add`, with the labels as `model/label-bytes.ts` draws them. `entry` has these labels, and what they share with those
   * that it had before.
   */
  addBytes(ref: number, labels: DataView, start: number, end: number, entry: SharedRuns & { serial: number }): void {
    const follows = entry.serial === this.#lastSerial + 1;
    if (this.#count > 0 && !follows && !this.#staysCompressed) this.#makePlain();
    if (this.#isPlain) this.#addPlain(ref, labels, start, end);
    else if (this.#count === 0) this.#compressor.addFirst(ref, labels, start, end);
    else this.#compressor.add(ref, labels, start, end, follows ? entry : NO_RUNS);
    this.#lastSerial = entry.serial;
    this.#count++;
  }

  get #staysCompressed(): boolean {
    return !this.#isPlain && this.#compressor.recordSize > UNPACKED_BYTES_MAX;
  }

  clear(): void {
    if (this.#count === 0) return;
    this.#count = 0;
    if (this.#isPlain) this.#plain.restart(RECORD.series);
    this.#isPlain = false;
    this.#compressor.begin();
  }

  /** Leaves out series that are gone. */
  remove(gone: ReadonlySet<number>): void {
    if (this.#count === 0) return;
    const old = recordBytes(this.record).slice();
    const view = new DataView(old.buffer);
    this.clear();
    this.#makePlain();
    for (let at = 1; at < old.length; ) {
      const ref = view.getUint32(at) * 2 ** 32 + view.getUint32(at + 4);
      const end = endOfLabels(old, at + REF_BYTES);
      if (!gone.has(ref)) {
        this.#addPlain(ref, view, at + REF_BYTES, end);
        this.#count++;
      }
      at = end;
    }
  }

  #addPlain(ref: number, labels: DataView, start: number, end: number): void {
    this.#plain.int64(ref);
    this.#plain.run(labels, start, end);
  }

  /** Goes on without compression. */
  #makePlain(): void {
    if (this.#isPlain) return;
    this.#plain.begin(RECORD.series);
    if (this.#count > 0) {
      const record = recordBytes(this.#compressor.record());
      this.#plain.raw(record, 1, record.length);
    }
    this.#isPlain = true;
  }
}

function endOfLabels(bytes: Uint8Array, start: number): number {
  const pairs = labelSize(bytes, start);
  let at = start + labelSizeBytes(pairs);
  for (let i = 0; i < 2 * pairs; i++) {
    const size = labelSize(bytes, at);
    at += labelSizeBytes(size) + size;
  }
  return at;
}
