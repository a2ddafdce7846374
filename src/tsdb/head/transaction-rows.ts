import { type Slab, type SlabSource, slabAddress } from '../../memory/kernel-memory.ts';
import { type AppendOutcome, REFUSED, type SampleBatch } from '../../storage/append.ts';
import type { RefMap } from '../wal/ref-map.ts';
import type { HeadState } from './head-state.ts';
import { SERIES_ROW_MASK, SERIES_SLAB_LOG2 } from './series-table.ts';

/** Two words a row: transaction, accepted sample. */
const MARK_SLAB_BYTES = 8 << SERIES_SLAB_LOG2;
/** Bytes of a sample in all columns: row, index, time, value. */
const SAMPLE_BYTES = 24;
const FIRST_CAPACITY = 1024;

/**
 * What a transaction accepted and refused, in arrays that every transaction uses again.
 *
 * A row of the head is marked with the number of the transaction that last accepted a sample for it, and with which one
 * of its accepted samples that was; a number of an earlier transaction means nothing, so beginning one costs nothing.
 */
export class TransactionRows {
  /**
   * Columns of the accepted samples, `count` of them: row of the head and index in the batch, and of floats the time and
   * the value (two words, low first).
   */
  rows!: Uint32Array;
  indexes!: Uint32Array;
  times!: Float64Array;
  bits!: Uint32Array;
  #values!: Float64Array;
  /** All of them lie in the memory that a kernel works on. */
  inKernelMemory = false;
  count = 0;
  /** Marks of rows, in slabs of as many rows as the series table has in one. */
  readonly markSlabs: Slab[] = [];
  readonly #marks: Uint32Array[] = [];
  readonly #source: SlabSource;
  #refused = new Uint32Array(64);
  #reasons = new Uint8Array(64);
  #refusedCount = 0;
  #transaction = 0;

  constructor(source: SlabSource) {
    this.#source = source;
    this.#makeColumns(FIRST_CAPACITY);
  }

  /** The number of the open transaction. */
  get transaction(): number {
    return this.#transaction;
  }

  begin(): void {
    this.count = 0;
    this.#refusedCount = 0;
    if (this.#transaction === 0xffffffff) {
      for (const marks of this.#marks) marks.fill(0);
      this.#transaction = 0;
    }
    this.#transaction++;
  }

  /** Makes room for `samples` more accepted samples, for marks of `headRows` rows and for `refusals`. */
  reserve(samples: number, headRows: number, refusals: number): void {
    if (this.count + samples > this.rows.length) {
      const { rows, indexes, times, bits, count } = this;
      this.#makeColumns(Math.max(count + samples, 2 * rows.length));
      this.rows.set(rows.subarray(0, count));
      this.indexes.set(indexes.subarray(0, count));
      this.times.set(times.subarray(0, count));
      this.bits.set(bits.subarray(0, 2 * count));
    }
    while (this.#marks.length << SERIES_SLAB_LOG2 < headRows) {
      const slab = this.#source(MARK_SLAB_BYTES);
      this.markSlabs.push(slab);
      this.#marks.push(new Uint32Array(slab.buffer, slab.byteOffset, MARK_SLAB_BYTES / 4));
    }
    if (refusals > this.#refused.length) {
      this.#refused = new Uint32Array(refusals);
      this.#reasons = new Uint8Array(refusals);
    }
  }

  /** Puts floats `start..end-1` of a batch at places from `place` on, behind the accepted samples, where `AppendKernel.check` looks for them. */
  load({ refs, times, values }: SampleBatch, start: number, end: number, place: number, refMap: RefMap): void {
    this.times.set(times.subarray(start, end), place);
    this.#values.set(values.subarray(start, end), place);
    refMap.writeRows(refs, start, end, this.rows, place);
  }

  /** The newest accepted sample for a row of the head, or -1. */
  pending(row: number): number {
    const marks = this.#marks[row >>> SERIES_SLAB_LOG2]!;
    const at = 2 * (row & SERIES_ROW_MASK);
    return marks[at] === this.#transaction ? marks[at + 1]! : -1;
  }

  /** Accepts a histogram. */
  accept(row: number, index: number): void {
    const { count } = this;
    this.rows[count] = row;
    this.indexes[count] = index;
    const marks = this.#marks[row >>> SERIES_SLAB_LOG2]!;
    const at = 2 * (row & SERIES_ROW_MASK);
    marks[at] = this.#transaction;
    marks[at + 1] = count;
    this.count = count + 1;
  }

  /** Accepts a float of a batch. */
  acceptFloat(row: number, { times, bits }: SampleBatch, index: number): void {
    const { count } = this;
    this.times[count] = times[index]!;
    this.bits[2 * count] = bits[2 * index]!;
    this.bits[2 * count + 1] = bits[2 * index + 1]!;
    this.accept(row, index);
  }

  #makeColumns(capacity: number): void {
    const slab = this.#source(SAMPLE_BYTES * capacity);
    const { buffer, byteOffset } = slab;
    const ofTimes = byteOffset + 8 * capacity;
    const ofRows = byteOffset + 16 * capacity;
    this.#values = new Float64Array(buffer, byteOffset, capacity);
    this.bits = new Uint32Array(buffer, byteOffset, 2 * capacity);
    this.times = new Float64Array(buffer, ofTimes, capacity);
    this.rows = new Uint32Array(buffer, ofRows, capacity);
    this.indexes = new Uint32Array(buffer, ofRows + 4 * capacity, capacity);
    this.inKernelMemory = slabAddress(slab) !== 0;
  }

  refuse(index: number, reason: number): void {
    this.#refused[this.#refusedCount] = index;
    this.#reasons[this.#refusedCount] = reason;
    this.#refusedCount++;
  }

  /**
   * The refusals so far as an outcome, counted in `totals`: those from index `floats` on are of histograms. The next batch
   * begins without any.
   */
  takeOutcome(
    appended: number,
    floats: number,
    totals: Pick<HeadState, 'refused' | 'refusedHistograms'>,
  ): AppendOutcome {
    const outcome = {
      appended,
      refusedCount: this.#refusedCount,
      refused: this.#refused,
      reasons: this.#reasons,
    };
    for (let i = 0; i < this.#refusedCount; i++) {
      const counts = this.#refused[i]! < floats ? totals.refused : totals.refusedHistograms;
      counts[REASON_NAMES[this.#reasons[i]!]!]++;
    }
    this.#refusedCount = 0;
    return outcome;
  }
}

/** The names of the reasons by their numbers. */
const REASON_NAMES: (keyof typeof REFUSED)[] = [];
for (const [name, reason] of Object.entries(REFUSED)) REASON_NAMES[reason] = name as keyof typeof REFUSED;
