import type { FloatHistogram } from './histogram.ts';
import { ADDING_COMPENSATED, addToWorking } from './histogram-add.ts';
import {
  copyOfWorking,
  divideWorking,
  histogramFromWorking,
  scaleWorking,
  type WorkingHistogram,
  workingFromHistogram,
} from './histogram-working.ts';

/**
 * Compensated sum and mean of many histograms.
 *
 * Invariant: `isCompatible` is false once exponential and custom buckets met; nothing is added any more, and there is no
 * result.
 */
export class HistogramTotal {
  isCompatible = true;
  /** Custom bounds differed somewhere, and only the shared ones are left. */
  boundsReconciled = false;
  #resetSeen: boolean;
  #noResetSeen: boolean;
  /** The sum, or from the first overflow on the mean. */
  #total: WorkingHistogram;
  #count = 1;
  #isMean = false;
  readonly #wantsMean: boolean;

  /** `wantsMean`: turn to a running mean before the sum overflows, so that `mean` stays finite. */
  constructor(first: FloatHistogram, wantsMean: boolean) {
    this.#total = workingFromHistogram(first);
    this.#wantsMean = wantsMean;
    this.#resetSeen = first.counterResetHint === 'reset';
    this.#noResetSeen = first.counterResetHint === 'notReset';
  }

  /** Some histograms came after a counter reset, and others certainly not. */
  get counterResetCollision(): boolean {
    return this.#resetSeen && this.#noResetSeen;
  }

  /** Buckets that adding another histogram may go through. */
  get buckets(): number {
    return this.#total.positive.counts.length + this.#total.negative.counts.length;
  }

  add(histogram: FloatHistogram): void {
    if (histogram.counterResetHint === 'reset') this.#resetSeen = true;
    if (histogram.counterResetHint === 'notReset') this.#noResetSeen = true;
    if (!this.isCompatible) return;
    this.#count++;
    if (this.#isMean) {
      this.#addToMean(histogram);
      return;
    }
    const before = this.#wantsMean && (isHuge(this.#total) || isHuge(workingFromHistogram(histogram)));
    const saved = before ? copyOfWorking(this.#total) : null;
    this.#addPart(histogram);
    if (saved === null || !hasOverflow(this.#total)) return;
    this.#total = saved;
    divideWorking(saved, this.#count - 1);
    this.#isMean = true;
    this.#addToMean(histogram);
  }

  sum(): FloatHistogram {
    return histogramFromWorking(this.#total);
  }

  mean(): FloatHistogram {
    if (this.#isMean) return histogramFromWorking(this.#total);
    const mean = copyOfWorking(this.#total);
    divideWorking(mean, this.#count);
    return histogramFromWorking(mean);
  }

  #addToMean(histogram: FloatHistogram): void {
    const part = workingFromHistogram(histogram);
    divideWorking(part, this.#count);
    scaleWorking(this.#total, (this.#count - 1) / this.#count);
    this.#addPart(histogramFromWorking(part));
  }

  #addPart(histogram: FloatHistogram): void {
    const outcome = addToWorking(this.#total, histogram, ADDING_COMPENSATED);
    if (outcome === null) this.isCompatible = false;
    else if (outcome.boundsReconciled) this.boundsReconciled = true;
  }
}

/** Two numbers up to this never overflow. */
const HUGE = 2 ** 1022;

function isHuge(working: WorkingHistogram): boolean {
  return someNumber(working, (x) => Math.abs(x) > HUGE);
}

function hasOverflow(working: WorkingHistogram): boolean {
  return someNumber(working, (x) => x === Infinity || x === -Infinity);
}

function someNumber(working: WorkingHistogram, test: (x: number) => boolean): boolean {
  return (
    test(working.zeroCount) ||
    test(working.count) ||
    test(working.sum) ||
    working.positive.counts.some(test) ||
    working.negative.counts.some(test)
  );
}
