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

/** Samples that are not in the block although nothing was refused; `first` tells of one, and is empty where there is none. */
export interface LeftOut {
  readonly count: number;
  readonly first: string;
}

/** Samples that are checked and applied together: as many as the reference's tool puts into one transaction. */
const BATCH_SAMPLES = 5000;

/**
 * Makes one block of floats that come in any order of series, each series in the order of its times. They are gathered
 * in a head without a log, so that chunks are cut as those of a server are; nothing is on the disk before `finish`.
 */
export class BlockBuilder {
  readonly #head: Head;
  readonly #batch = createSampleBatch(BATCH_SAMPLES);
  #appender: Appender | null = null;
  /** By series, whose numbers here are 1, 2, ...: the time of its last sample that was applied. */
  readonly #lastTimes: number[] = [];
  #leftOut: LeftOut = { count: 0, first: '' };

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

  get leftOut(): LeftOut {
    return this.#leftOut;
  }

  /**
   * Throws `RefusedSample`, for this sample or one before it. A sample that is not later than one of its series is left
   * out where that came within the same 5,000 samples, and refused where it came before them, as in the reference's tool.
   */
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
    for (let i = 0; i < refusedCount; i++) {
      const at = refused[i]!;
      const words = REASONS[reasons[i]!];
      const text = `${words ?? 'out of bounds'}: ${this.#head.labels(batch.refs[at]!)} at ${batch.times[at]}`;
      if (words === undefined || batch.times[at]! <= (this.#lastTimes[batch.refs[at]!] ?? Number.NEGATIVE_INFINITY)) {
        appender.rollback();
        throw new RefusedSample(text);
      }
      this.#leftOut = { count: this.#leftOut.count + 1, first: this.#leftOut.first || text };
    }
    appender.commit();
    // Refused samples are not later than others of their series.
    for (let at = 0; at < batch.length; at++) {
      const ref = batch.refs[at]!;
      this.#lastTimes[ref] = Math.max(this.#lastTimes[ref] ?? Number.NEGATIVE_INFINITY, batch.times[at]!);
    }
    this.#appender = null;
    batch.length = 0;
  }
}

/** In the reference's words, by the numbers of `REFUSED`. */
const REASONS: string[] = [];
REASONS[REFUSED.outOfOrder] = 'out of order sample';
REASONS[REFUSED.duplicate] = 'duplicate sample for timestamp';
