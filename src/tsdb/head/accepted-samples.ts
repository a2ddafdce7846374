import { REFUSED, type SampleBatch } from '../../storage/append.ts';
import type { FlatHistogram } from '../chunk/flat-histogram.ts';
import { isSameHistogram } from './open-histograms.ts';
import type { TransactionRows } from './transaction-rows.ts';
import type { Segment } from './transaction-segments.ts';

/**
 * What a transaction has accepted so far, against which it checks further samples of the same series. A sample is known by
 * its number among the accepted ones, which `TransactionRows.pending` gives.
 */
export class AcceptedSamples {
  /** In the order of the batches, in which they are logged and applied. */
  readonly segments: Segment[] = [];
  readonly #rows: TransactionRows;

  constructor(rows: TransactionRows) {
    this.#rows = rows;
  }

  /**
   * Checks the float at `index` of a batch against an accepted sample, which may be one of the batch itself: a reason to
   * refuse it, 0 where it is the same sample again, -1 where it is newer.
   */
  checkFloat(accepted: number, batch: SampleBatch, index: number): number {
    const time = batch.times[index]!;
    let { times, bits } = batch;
    const before = this.#rows.indexes[accepted]!;
    const segment = this.#segmentOf(accepted);
    if (segment?.kind === 'histograms') {
      const last = segment.entries[before]!.time;
      if (time > last) return -1;
      return time < last ? REFUSED.outOfOrder : REFUSED.duplicate;
    }
    if (segment !== undefined) ({ times, bits } = segment);
    if (time > times[before]!) return -1;
    if (time < times[before]!) return REFUSED.outOfOrder;
    const isSame = batch.bits[2 * index] === bits[2 * before] && batch.bits[2 * index + 1] === bits[2 * before + 1];
    return isSame ? 0 : REFUSED.duplicate;
  }

  /** True where an accepted sample is this histogram. Not of floats of the batch in hand. */
  isSameHistogram(accepted: number, sample: FlatHistogram): boolean {
    const segment = this.#segmentOf(accepted)!;
    if (segment.kind === 'floats') return false;
    const { encoding, layout, counts, halves } = segment.samples[accepted - segment.from]!;
    return isSameHistogram({ sampleEncoding: encoding, layout, counts, halves }, sample);
  }

  /** The time of an accepted sample, ms. Not of floats of the batch in hand. */
  timeOf(accepted: number): number {
    const segment = this.#segmentOf(accepted)!;
    const index = this.#rows.indexes[accepted]!;
    return segment.kind === 'floats' ? segment.times[index]! : segment.entries[index]!.time;
  }

  /** The segment of an accepted sample; undefined for floats of the batch in hand. */
  #segmentOf(accepted: number): Segment | undefined {
    return this.segments.find((candidate) => accepted >= candidate.from && accepted < candidate.to);
  }
}
