import { type CounterResetHint, CUSTOM_BUCKETS_SCHEMA, type FloatHistogram } from './histogram.ts';
import { coarserIndex, runFromSpans, spansFromIndexes } from './histogram-runs.ts';

/** Buckets of one side, in rising order of their indexes, with the compensation of each count's sum. */
export interface WorkingRun {
  indexes: number[];
  counts: number[];
  rests: number[];
}

/**
 * A float histogram while it is calculated with. Each number has a `rest`, the compensation of a Kahan sum, which is `NO_REST`
 * unless sums are compensated; custom bounds are shared, all else belongs to it.
 */
export interface WorkingHistogram {
  counterResetHint: CounterResetHint;
  schema: number;
  zeroThreshold: number;
  customValues: readonly number[];
  count: number;
  countRest: number;
  sum: number;
  sumRest: number;
  zeroCount: number;
  zeroRest: number;
  positive: WorkingRun;
  negative: WorkingRun;
}

/** Adding it changes no number: not even the sign of a zero, as a compensation of a real sum does. */
export const NO_REST = -0;

export function workingFromHistogram(histogram: FloatHistogram): WorkingHistogram {
  const { counterResetHint, schema, zeroThreshold, customValues, count, sum, zeroCount } = histogram;
  return {
    counterResetHint,
    schema,
    zeroThreshold,
    customValues,
    count,
    countRest: NO_REST,
    sum,
    sumRest: NO_REST,
    zeroCount,
    zeroRest: NO_REST,
    positive: workingRun(histogram.positiveSpans, histogram.positiveCounts),
    negative: workingRun(histogram.negativeSpans, histogram.negativeCounts),
  };
}

/** The histogram, with the compensations added to their numbers. */
export function histogramFromWorking(working: WorkingHistogram): FloatHistogram {
  const { counterResetHint, schema, zeroThreshold, customValues, positive, negative } = working;
  return {
    kind: 'float',
    counterResetHint,
    schema,
    zeroThreshold,
    customValues,
    count: working.count + working.countRest,
    sum: working.sum + working.sumRest,
    zeroCount: working.zeroCount + working.zeroRest,
    positiveSpans: spansFromIndexes(positive.indexes),
    positiveCounts: compensated(positive),
    negativeSpans: spansFromIndexes(negative.indexes),
    negativeCounts: compensated(negative),
  };
}

export function copyOfWorking(working: WorkingHistogram): WorkingHistogram {
  return { ...working, positive: copyOfRun(working.positive), negative: copyOfRun(working.negative) };
}

/** Multiplies all numbers; a negative factor makes a gauge. */
export function scaleWorking(working: WorkingHistogram, factor: number): void {
  eachNumber(working, (x) => x * factor);
  if (factor < 0) working.counterResetHint = 'gauge';
}

/** Divides all numbers; dividing by zero leaves no buckets, a negative divisor makes a gauge. */
export function divideWorking(working: WorkingHistogram, divisor: number): void {
  eachNumber(working, (x) => x / divisor);
  if (divisor === 0) {
    working.positive = { indexes: [], counts: [], rests: [] };
    working.negative = { indexes: [], counts: [], rests: [] };
  } else if (divisor < 0) {
    working.counterResetHint = 'gauge';
  }
}

/** Takes out empty buckets. */
export function compactWorking(working: WorkingHistogram): void {
  working.positive = compactRun(working.positive);
  working.negative = compactRun(working.negative);
}

/** Merges buckets to those of a coarser exponential schema. */
export function coarsenWorking(working: WorkingHistogram, schema: number): void {
  if (working.schema === schema || schema === CUSTOM_BUCKETS_SCHEMA) return;
  coarsenRun(working.positive, working.schema, schema);
  coarsenRun(working.negative, working.schema, schema);
  working.schema = schema;
}

/** Buckets merged to those of a coarser schema, with the compensations of their sums. */
export function coarserWorkingRun(
  { indexes, counts }: { readonly indexes: readonly number[]; readonly counts: readonly number[] },
  schema: number,
  targetSchema: number,
): WorkingRun {
  const run = {
    indexes: indexes.slice(),
    counts: counts.slice(0, indexes.length),
    rests: new Array<number>(indexes.length).fill(NO_REST),
  };
  coarsenRun(run, schema, targetSchema);
  return run;
}

/** The compensation of `sum + value`, which gave `next`: Kahan's in Neumaier's form, dropped at infinity. */
export function nextRest(sum: number, rest: number, value: number, next: number): number {
  if (next === Infinity || next === -Infinity) return 0;
  return rest + (Math.abs(sum) >= Math.abs(value) ? sum - next + value : value - next + sum);
}

/** Adds to one bucket, with compensation. */
export function addToBucket(run: WorkingRun, at: number, value: number): void {
  const count = run.counts[at]!;
  const next = count + value;
  run.rests[at] = nextRest(count, run.rests[at]!, value, next);
  run.counts[at] = next;
}

function workingRun(spans: FloatHistogram['positiveSpans'], bucketCounts: readonly number[]): WorkingRun {
  const indexes = runFromSpans(spans, bucketCounts).indexes.slice();
  const counts = bucketCounts.slice(0, indexes.length);
  return { indexes, counts, rests: new Array<number>(indexes.length).fill(NO_REST) };
}

function compensated({ counts, rests }: WorkingRun): number[] {
  return counts.map((count, i) => count + rests[i]!);
}

function copyOfRun({ indexes, counts, rests }: WorkingRun): WorkingRun {
  return { indexes: indexes.slice(), counts: counts.slice(), rests: rests.slice() };
}

function compactRun(run: WorkingRun): WorkingRun {
  const { indexes, counts, rests } = run;
  const isFull = (_: number, i: number) => counts[i] !== 0 || rests[i] !== 0;
  if (indexes.every(isFull)) return run;
  return { indexes: indexes.filter(isFull), counts: counts.filter(isFull), rests: rests.filter(isFull) };
}

function coarsenRun(run: WorkingRun, schema: number, targetSchema: number): void {
  const { indexes, counts, rests } = run;
  let last = -1;
  for (let i = 0; i < indexes.length; i++) {
    const index = coarserIndex(indexes[i]!, schema, targetSchema);
    if (last >= 0 && indexes[last] === index) {
      addToBucket(run, last, counts[i]!);
      if (rests[i] !== 0) addToBucket(run, last, rests[i]!);
      continue;
    }
    last++;
    indexes[last] = index;
    counts[last] = counts[i]!;
    rests[last] = rests[i]!;
  }
  indexes.length = last + 1;
  counts.length = last + 1;
  rests.length = last + 1;
}

/** A rest of zero stays one, also where `f` is a product with infinity or a division by zero. */
function eachNumber(working: WorkingHistogram, f: (x: number) => number): void {
  const ofRest = (x: number) => (x === 0 ? x : f(x));
  working.count = f(working.count);
  working.countRest = ofRest(working.countRest);
  working.sum = f(working.sum);
  working.sumRest = ofRest(working.sumRest);
  working.zeroCount = f(working.zeroCount);
  working.zeroRest = ofRest(working.zeroRest);
  for (const { counts, rests } of [working.positive, working.negative]) {
    for (let i = 0; i < counts.length; i++) {
      counts[i] = f(counts[i]!);
      rests[i] = ofRest(rests[i]!);
    }
  }
}
