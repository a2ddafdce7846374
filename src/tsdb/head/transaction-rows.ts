import { type AppendOutcome, REFUSED } from '../../storage/append.ts';
import type { HeadState } from './head-state.ts';

/**
 * The rows that a transaction accepted and refused, in arrays that every transaction uses again.
 *
 * A row of the head is marked with the number of the transaction that last accepted a sample for it, and with which one
 * of its accepted rows that was; a number of an earlier transaction means nothing, so beginning one costs nothing.
 */
export class TransactionRows {
  /** Row and batch index of each accepted sample, `count` of them. */
  rows = new Uint32Array(1024);
  indexes = new Uint32Array(1024);
  count = 0;
  #refused = new Uint32Array(64);
  #reasons = new Uint8Array(64);
  #refusedCount = 0;
  /** Two words a row of the head: transaction, accepted row. */
  #marks = new Uint32Array(2048);
  #transaction = 0;

  begin(): void {
    this.count = 0;
    this.#refusedCount = 0;
    if (this.#transaction === 0xffffffff) {
      this.#marks.fill(0);
      this.#transaction = 0;
    }
    this.#transaction++;
  }

  /** Makes room for `samples` more accepted rows, for marks of `headRows` rows and for `refusals`. */
  reserve(samples: number, headRows: number, refusals: number): void {
    if (this.count + samples > this.rows.length) {
      this.rows = grown(this.rows, this.count + samples);
      this.indexes = grown(this.indexes, this.count + samples);
    }
    if (2 * headRows > this.#marks.length) this.#marks = grown(this.#marks, 2 * headRows);
    if (refusals > this.#refused.length) {
      this.#refused = new Uint32Array(refusals);
      this.#reasons = new Uint8Array(refusals);
    }
  }

  /** The newest accepted row for a row of the head, or -1. */
  pending(row: number): number {
    return this.#marks[2 * row] === this.#transaction ? this.#marks[2 * row + 1]! : -1;
  }

  accept(row: number, index: number): void {
    const { count } = this;
    this.rows[count] = row;
    this.indexes[count] = index;
    this.#marks[2 * row] = this.#transaction;
    this.#marks[2 * row + 1] = count;
    this.count = count + 1;
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

function grown(array: Uint32Array<ArrayBuffer>, length: number): Uint32Array<ArrayBuffer> {
  const larger = new Uint32Array(Math.max(length, 2 * array.length));
  larger.set(array);
  return larger;
}
