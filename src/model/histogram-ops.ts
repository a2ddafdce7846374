import type { FloatHistogram } from './histogram.ts';
import { ADDING, type AddOptions, type AddOutcome, addToWorking, SUBTRACTING } from './histogram-add.ts';
import {
  coarsenWorking,
  compactWorking,
  divideWorking,
  histogramFromWorking,
  NO_REST,
  scaleWorking,
  type WorkingHistogram,
  workingFromHistogram,
} from './histogram-working.ts';

/** Calculations with float histograms as values: none is changed, each result is a new one. */

export interface HistogramAddition extends AddOutcome {
  readonly histogram: FloatHistogram;
}

/** `a + b`; null where one has exponential and the other custom buckets. */
export function addHistograms(a: FloatHistogram, b: FloatHistogram): HistogramAddition | null {
  return combined(a, b, ADDING);
}

/** `a - b`, with the counter reset hint of a sum; null where one has exponential and the other custom buckets. */
export function subtractHistograms(a: FloatHistogram, b: FloatHistogram): HistogramAddition | null {
  return combined(a, b, SUBTRACTING);
}

/** All numbers times `factor`; a negative one makes a gauge. */
export function scaleHistogram(histogram: FloatHistogram, factor: number): FloatHistogram {
  return changed(histogram, (working) => scaleWorking(working, factor));
}

/** All numbers divided by `divisor`; zero leaves no buckets, a negative one makes a gauge. */
export function divideHistogram(histogram: FloatHistogram, divisor: number): FloatHistogram {
  return changed(histogram, (working) => divideWorking(working, divisor));
}

/** The same without empty buckets. */
export function compactHistogram(histogram: FloatHistogram): FloatHistogram {
  return changed(histogram, compactWorking);
}

/** The same with the buckets of a coarser exponential schema. */
export function coarserHistogram(histogram: FloatHistogram, schema: number): FloatHistogram {
  return histogram.schema === schema ? histogram : changed(histogram, (working) => coarsenWorking(working, schema));
}

export function withHint(
  histogram: FloatHistogram,
  counterResetHint: FloatHistogram['counterResetHint'],
): FloatHistogram {
  return histogram.counterResetHint === counterResetHint ? histogram : { ...histogram, counterResetHint };
}

function combined(a: FloatHistogram, b: FloatHistogram, options: AddOptions): HistogramAddition | null {
  const working = workingFromHistogram(a);
  const outcome = addToWorking(working, b, options);
  if (outcome === null) return null;
  return { histogram: histogramFromWorking(dropRests(working)), ...outcome };
}

function changed(histogram: FloatHistogram, change: (working: WorkingHistogram) => void): FloatHistogram {
  const working = workingFromHistogram(histogram);
  change(working);
  return histogramFromWorking(dropRests(working));
}

/** Rests that merging buckets left behind; plain arithmetic does without them, as the reference's. */
function dropRests(working: WorkingHistogram): WorkingHistogram {
  working.zeroRest = NO_REST;
  working.positive.rests.fill(NO_REST);
  working.negative.rests.fill(NO_REST);
  return working;
}
