import { labelSize, labelSizeBytes } from '../../model/label-bytes.ts';
import type { Labels } from '../../model/labels.ts';
import { RecordBuffer } from '../wal/record-buffer.ts';
import { RECORD } from '../wal/record-types.ts';

/** Bytes of a ref in the record. */
const REF_BYTES = 8;

/**
 * Series that the log does not have yet, as the record that will tell it of them: bytes, since there may be hundreds of
 * thousands in one transaction.
 */
export class UnloggedSeries {
  readonly #record = new RecordBuffer();
  #count = 0;

  constructor() {
    this.#record.begin(RECORD.series);
  }

  get count(): number {
    return this.#count;
  }

  /** The record; valid until the next change. */
  get record(): Uint8Array {
    return this.#record.bytes.subarray(0, this.#record.size);
  }

  add(ref: number, labels: Labels): void {
    this.#record.int64(ref);
    this.#record.labels(labels);
    this.#count++;
  }

  /** As `add`, with the labels as `model/label-bytes.ts` draws them. */
  addBytes(ref: number, labels: DataView, start: number, end: number): void {
    this.#record.int64(ref);
    this.#record.run(labels, start, end);
    this.#count++;
  }

  clear(): void {
    if (this.#count === 0) return;
    this.#count = 0;
    this.#record.restart(RECORD.series);
  }

  /** Leaves out series that are gone. */
  remove(gone: ReadonlySet<number>): void {
    if (this.#count === 0) return;
    const old = this.record.slice();
    const view = new DataView(old.buffer);
    this.clear();
    for (let at = 1; at < old.length; ) {
      const ref = view.getUint32(at) * 2 ** 32 + view.getUint32(at + 4);
      const end = endOfLabels(old, at + REF_BYTES);
      if (!gone.has(ref)) this.addBytes(ref, view, at + REF_BYTES, end);
      at = end;
    }
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
