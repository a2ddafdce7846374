import type { Labels } from '../../model/labels.ts';
import type { FileSystem } from '../../std/file-system.ts';
import { type Appender, createSampleBatch, REFUSED } from '../../storage/append.ts';
import type { BlockMeta } from '../block/block-meta.ts';
import { Head } from '../head/head.ts';
import { writeBlock } from './write-block.ts';

/** A sample that a block can not hold; the message begins with the reference's words. */
export class RefusedSample extends Error {
  override readonly name = 'RefusedSample';
}

/** Samples that are checked and applied together. */
const BATCH_SAMPLES = 5000;

/**
 * Makes one block of floats that come in any order of series, each series in the order of its times. They are gathered
 * in a head without a log, so that chunks are cut as those of a server are; nothing is on the disk before `finish`.
 */
export class BlockBuilder {
  readonly #head: Head;
  readonly #batch = createSampleBatch(BATCH_SAMPLES);
  #appender: Appender | null = null;

  /** `rangeMs`: the newest sample is at most so much later than the oldest. */
  constructor(rangeMs: number) {
    // A head takes what is at most half a range older than its newest sample.
    this.#head = new Head({ chunkRangeMs: 2 * rangeMs, minValidTime: Number.NEGATIVE_INFINITY, exemplarsMax: 0 });
    this.#head.logTo({ append() {} });
  }

  /** The number by which `add` knows a series. */
  resolve(labels: Labels): number {
    return this.#open().resolve(labels);
  }

  /** Throws `RefusedSample`, for this sample or one before it. */
  add(series: number, time: number, low: number, high: number): void {
    const batch = this.#batch;
    const at = batch.length++;
    batch.refs[at] = series;
    batch.times[at] = time;
    batch.bits[2 * at] = low;
    batch.bits[2 * at + 1] = high;
    if (batch.length === BATCH_SAMPLES) this.#apply();
  }

  /**
   * Writes the block into `directory`; null where there are no samples. Throws `RefusedSample` and what `writeBlock`
   * throws. Nothing can be added afterwards.
   */
  finish(fileSystem: FileSystem, directory: string, ulid: string): BlockMeta | null {
    this.#apply();
    const range = this.#head.bounds;
    if (range.maxTime < range.minTime) return null;
    const steps = this.#head.chunks(range);
    let step = steps.next();
    while (step.done !== true) step = steps.next();
    const source = this.#head.chunkSource({ snapshot: step.value, range });
    const { maxTime, minTime } = range;
    return writeBlock(fileSystem, { directory, ulid, sources: [source], minTime, maxTime: maxTime + 1, level: 1 });
  }

  #open(): Appender {
    this.#appender ??= this.#head.appender();
    return this.#appender;
  }

  #apply(): void {
    const batch = this.#batch;
    const appender = this.#open();
    const { reasons, refused, refusedCount } = appender.append(batch);
    if (refusedCount > 0) {
      appender.rollback();
      const at = refused[0]!;
      const labels = this.#head.labels(batch.refs[at]!);
      throw new RefusedSample(`${REASONS[reasons[0]!] ?? 'out of bounds'}: ${labels} at ${batch.times[at]}`);
    }
    appender.commit();
    this.#appender = null;
    batch.length = 0;
  }
}

/** In the reference's words, by the numbers of `REFUSED`. */
const REASONS: string[] = [];
REASONS[REFUSED.outOfOrder] = 'out of order sample';
REASONS[REFUSED.duplicate] = 'duplicate sample for timestamp';
REASONS[REFUSED.tooOld] = 'too old sample';
