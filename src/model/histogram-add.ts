import { CUSTOM_BUCKETS_SCHEMA, type FloatHistogram } from './histogram.ts';
import { bucketBound } from './histogram-buckets.ts';
import { boundsEqual } from './histogram-compare.ts';
import { type BucketRun, coarserRun, runFromSpans } from './histogram-runs.ts';
import {
  addToBucket,
  coarsenWorking,
  coarserWorkingRun,
  compactWorking,
  NO_REST,
  nextRest,
  type WorkingHistogram,
  type WorkingRun,
} from './histogram-working.ts';
import { widenedZeroBucket, type ZeroBucket, zeroCountWithin } from './histogram-zero-bucket.ts';

/** What adding two histograms brought up beside the sum. */
export interface AddOutcome {
  /** One came after a counter reset, and the other not. */
  readonly counterResetCollision: boolean;
  /** Custom bounds differed, and only those that both have are left. */
  readonly boundsReconciled: boolean;
}

export interface AddOptions {
  /** 1 adds, -1 subtracts. */
  readonly sign: 1 | -1;
  /** Keep the rounding errors of the sums; otherwise the rests stay zero. */
  readonly compensated: boolean;
}

export const ADDING: AddOptions = { sign: 1, compensated: false };
export const SUBTRACTING: AddOptions = { sign: -1, compensated: false };
export const ADDING_COMPENSATED: AddOptions = { sign: 1, compensated: true };

/**
 * Adds a histogram to `total`. The coarser of two schemas and the wider of two zero buckets win, and of custom bounds those
 * that both have. Null, and nothing done, where one has exponential and the other custom buckets.
 */
export function addToWorking(
  total: WorkingHistogram,
  histogram: FloatHistogram,
  options: AddOptions,
): AddOutcome | null {
  const isCustom = total.schema === CUSTOM_BUCKETS_SCHEMA;
  if (isCustom !== (histogram.schema === CUSTOM_BUCKETS_SCHEMA)) return null;
  const counterResetCollision = adjustHint(total, histogram);
  const positive = runFromSpans(histogram.positiveSpans, histogram.positiveCounts);
  if (isCustom) {
    addTotals(total, histogram.count, histogram.sum, 0, options);
    const boundsReconciled = !boundsEqual(total.customValues, histogram.customValues);
    if (boundsReconciled) addSharedBounds(total, positive, histogram.customValues, options);
    else total.positive = mergedRun(total.positive, positive, -1, options);
    return { counterResetCollision, boundsReconciled };
  }

  const zero = reconcileZeroBuckets(total, histogram);
  addTotals(total, histogram.count, histogram.sum, zero.count, options);
  if (options.compensated && zero.rest !== 0) addToZero(total, zero.rest);
  if (histogram.schema < total.schema) coarsenWorking(total, histogram.schema);
  const negative = runFromSpans(histogram.negativeSpans, histogram.negativeCounts);
  const { schema, zeroThreshold } = total;
  for (const side of ['positive', 'negative'] as const) {
    const run = addedRun(side === 'positive' ? positive : negative, histogram.schema, schema, options);
    const skipped = bucketsWithin(run, schema, zeroThreshold);
    total[side] = mergedRun(total[side], run, skipped - 1, options);
  }
  return { counterResetCollision, boundsReconciled: false };
}

/** Buckets that are added; `rests` where merging them left compensations. */
type AddedRun = BucketRun & { readonly rests?: readonly number[] };

function addedRun(run: BucketRun, schema: number, targetSchema: number, { compensated }: AddOptions): AddedRun {
  if (schema === targetSchema) return run;
  return compensated ? coarserWorkingRun(run, schema, targetSchema) : coarserRun(run, schema, targetSchema);
}

/** Leaves a hint that is true of the sum. Returns whether one histogram claims a reset and the other denies it. */
function adjustHint(total: WorkingHistogram, { counterResetHint: other }: FloatHistogram): boolean {
  const own = total.counterResetHint;
  if (own === other || own === 'gauge') return false;
  if (other === 'gauge') {
    total.counterResetHint = 'gauge';
    return false;
  }
  total.counterResetHint = 'unknown';
  return own !== 'unknown' && other !== 'unknown';
}

/** Widens the zero bucket of `total` until neither one's cuts a populated bucket; gives the other one's then. */
function reconcileZeroBuckets(total: WorkingHistogram, histogram: FloatHistogram): ZeroBucket {
  let zero: ZeroBucket = { threshold: histogram.zeroThreshold, count: histogram.zeroCount, rest: NO_REST };
  while (zero.threshold !== total.zeroThreshold) {
    if (zero.threshold < total.zeroThreshold) zero = zeroCountWithin(histogram, total.zeroThreshold);
    if (zero.threshold > total.zeroThreshold) widenZeroBucket(total, zero.threshold);
  }
  return zero;
}

function widenZeroBucket(total: WorkingHistogram, wanted: number): void {
  const { positive, negative, schema } = total;
  const { threshold } = widenedZeroBucket(0, positive, negative, schema, wanted);
  total.zeroThreshold = threshold;
  for (const run of [positive, negative]) {
    for (let i = 0; i < run.indexes.length && bucketBound(run.indexes[i]! - 1, schema, []) < threshold; i++) {
      addToZero(total, run.counts[i]!);
      if (run.rests[i] !== 0) addToZero(total, run.rests[i]!);
      run.counts[i] = 0;
      run.rests[i] = NO_REST;
    }
  }
  compactWorking(total);
}

function addToZero(total: WorkingHistogram, value: number): void {
  const next = total.zeroCount + value;
  total.zeroRest = nextRest(total.zeroCount, total.zeroRest, value, next);
  total.zeroCount = next;
}

/** How many of the first buckets lie within the zero bucket, in which they are counted already. */
function bucketsWithin({ indexes }: BucketRun, schema: number, zeroThreshold: number): number {
  let count = 0;
  while (count < indexes.length && bucketBound(indexes[count]!, schema, []) <= zeroThreshold) count++;
  return count;
}

function addTotals(
  total: WorkingHistogram,
  count: number,
  sum: number,
  zeroCount: number,
  { sign, compensated }: AddOptions,
): void {
  const nextCount = total.count + sign * count;
  const nextSum = total.sum + sign * sum;
  const nextZero = total.zeroCount + sign * zeroCount;
  if (compensated) {
    total.countRest = nextRest(total.count, total.countRest, sign * count, nextCount);
    total.sumRest = nextRest(total.sum, total.sumRest, sign * sum, nextSum);
    total.zeroRest = nextRest(total.zeroCount, total.zeroRest, sign * zeroCount, nextZero);
  }
  total.count = nextCount;
  total.sum = nextSum;
  total.zeroCount = nextZero;
}

/** Merges the buckets of `run` behind `skippedTo` into `target`. */
function mergedRun(
  target: WorkingRun,
  run: AddedRun,
  skippedTo: number,
  { sign, compensated }: AddOptions,
): WorkingRun {
  const first = skippedTo + 1;
  if (hasAll(target, run, first)) {
    let at = 0;
    for (let i = first; i < run.indexes.length; i++) {
      while (target.indexes[at] !== run.indexes[i]) at++;
      if (compensated) addCompensated(target, at, run, i);
      else target.counts[at]! += sign * run.counts[i]!;
    }
    return target;
  }
  const merged: WorkingRun = { indexes: [], counts: [], rests: [] };
  let i = 0;
  let k = first;
  while (i < target.indexes.length || k < run.indexes.length) {
    const own = i < target.indexes.length ? target.indexes[i]! : Infinity;
    const other = k < run.indexes.length ? run.indexes[k]! : Infinity;
    merged.indexes.push(Math.min(own, other));
    merged.counts.push(own <= other ? target.counts[i]! : sign * run.counts[k]!);
    merged.rests.push(own <= other ? target.rests[i]! : (run.rests?.[k] ?? NO_REST));
    if (own === other) {
      const at = merged.indexes.length - 1;
      if (compensated) addCompensated(merged, at, run, k);
      else merged.counts[at]! += sign * run.counts[k]!;
    }
    if (own <= other) i++;
    if (other <= own) k++;
  }
  return merged;
}

/** Adds bucket `i` of a run, and then what rounding had taken from it. */
function addCompensated(target: WorkingRun, at: number, { counts, rests }: AddedRun, i: number): void {
  addToBucket(target, at, counts[i]!);
  const rest = rests?.[i] ?? 0;
  if (rest !== 0) addToBucket(target, at, rest);
}

/** True where every bucket of `run` from `first` on is in `target`, the usual case. */
function hasAll(target: WorkingRun, run: BucketRun, first: number): boolean {
  let at = 0;
  for (let i = first; i < run.indexes.length; i++) {
    const index = run.indexes[i]!;
    while (at < target.indexes.length && target.indexes[at]! < index) at++;
    if (at === target.indexes.length || target.indexes[at] !== index) return false;
  }
  return true;
}

/** Adds custom buckets of other bounds: both sides' buckets go to the next bound that both have. */
function addSharedBounds(
  total: WorkingHistogram,
  run: BucketRun,
  customValues: readonly number[],
  { sign, compensated }: AddOptions,
): void {
  const known = new Set(customValues);
  const bounds = total.customValues.filter((bound) => known.has(bound));
  const zeros = () => new Array<number>(bounds.length + 1).fill(0);
  const shared: WorkingRun = { indexes: zeros().map((_, i) => i), counts: zeros(), rests: zeros() };
  const own = total.positive;
  mapToBounds(own, total.customValues, bounds, (at, i) => {
    addToBucket(shared, at, own.counts[i]!);
    if (own.rests[i] !== 0) addToBucket(shared, at, own.rests[i]!);
  });
  mapToBounds(run, customValues, bounds, (at, i) => addToBucket(shared, at, sign * run.counts[i]!));
  if (!compensated) shared.rests.fill(NO_REST);
  total.positive = shared;
  total.customValues = bounds;
  compactWorking(total);
}

/** Calls `visit` with the place among `bounds` of each bucket, and its place in the run. */
function mapToBounds(
  { indexes }: { readonly indexes: readonly number[] },
  customValues: readonly number[],
  bounds: readonly number[],
  visit: (at: number, i: number) => void,
): void {
  let at = 0;
  for (let i = 0; i < indexes.length; i++) {
    const bound = bucketBound(indexes[i]!, CUSTOM_BUCKETS_SCHEMA, customValues);
    while (at < bounds.length && bounds[at]! < bound) at++;
    visit(at, i);
  }
}
