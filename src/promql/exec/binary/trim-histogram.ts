import { CUSTOM_BUCKETS_SCHEMA, type FloatHistogram } from '../../../model/histogram.ts';
import {
  type Bucket,
  eachBucket,
  negativeBucket,
  positiveBucket,
  zeroBucket,
} from '../../../model/histogram-buckets.ts';
import { compactHistogram } from '../../../model/histogram-ops.ts';
import { fractionBelow } from '../../functions/native-quantile.ts';

/** What is left of a bucket, and where in it the observations are taken to lie. */
interface Kept {
  readonly count: number;
  readonly midpoint: number;
}

/** `</` keeps the observations up to the bound, `>/` those above. */
type Side = 'below' | 'above';

/**
 * Cuts a histogram at `bound`: `h </ bound` and `h >/ bound`. A bucket that the bound divides is shared out by
 * interpolation, as quantiles are. Count and sum are estimated anew from the buckets, unless nothing was cut.
 */
export function trimHistogram(histogram: FloatHistogram, op: '</' | '>/', bound: number): FloatHistogram {
  const { schema, customValues } = histogram;
  const cut = new Cut(op === '</' ? 'below' : 'above', bound, schema === CUSTOM_BUCKETS_SCHEMA);
  const positiveCounts: number[] = [];
  eachBucket(histogram.positiveSpans, histogram.positiveCounts, (index, count) => {
    positiveCounts.push(cut.take(positiveBucket(index, schema, customValues, count), 1));
  });
  const hasPositive = cut.hasTaken;
  cut.hasTaken = false;
  const negativeCounts: number[] = [];
  eachBucket(histogram.negativeSpans, histogram.negativeCounts, (index, count) => {
    negativeCounts.push(cut.take(negativeBucket(index, schema, count), -1));
  });
  const zeroCount = cut.takeZero(histogram, cut.hasTaken && !hasPositive, hasPositive && !cut.hasTaken);
  if (!cut.hasTrimmed) return histogram;
  return compactHistogram({ ...histogram, positiveCounts, negativeCounts, zeroCount, count: cut.count, sum: cut.sum });
}

/** Walks over the buckets of one histogram and adds up what is left. */
class Cut {
  count = 0;
  sum = 0;
  /** A bucket lost something. */
  hasTrimmed = false;
  /** A bucket that was not empty came by. */
  hasTaken = false;
  readonly #side: Side;
  readonly #bound: number;
  readonly #isLinear: boolean;

  constructor(side: Side, bound: number, isLinear: boolean) {
    this.#side = side;
    this.#bound = bound;
    this.#isLinear = isLinear;
  }

  /** The count that is left of a bucket. */
  take(bucket: Bucket, sign: 1 | -1): number {
    if (bucket.count === 0) return 0;
    this.hasTaken = true;
    return this.#keep(bucket.count, this.#kept(bucket, sign));
  }

  /** The zero bucket counts as one-sided where the histogram has buckets on one side only. */
  takeZero(histogram: FloatHistogram, isNegative: boolean, isPositive: boolean): number {
    if (!(histogram.zeroCount > 0)) return histogram.zeroCount;
    const { lower, upper, count } = zeroBucket(histogram);
    return this.#keep(count, this.#keptOfZero(isPositive ? 0 : lower, isNegative ? 0 : upper, count));
  }

  #keep(before: number, { count, midpoint }: Kept): number {
    if (count !== before) this.hasTrimmed = true;
    this.count += count;
    this.sum += midpoint * count;
    return count;
  }

  #kept(bucket: Bucket, sign: 1 | -1): Kept {
    const { lower, upper, count } = bucket;
    const bound = this.#bound;
    const isBelow = this.#side === 'below';
    if (isBelow ? upper <= bound : lower >= bound) {
      return { count, midpoint: middle(lower, upper, sign, this.#isLinear) };
    }
    if (!(isBelow ? lower < bound : upper > bound)) return { count: 0, midpoint: 0 };
    if (lower === -Infinity) return isBelow ? belowInOpenStart(bucket, bound) : aboveInOpenStart(bucket, bound);
    if (upper === Infinity)
      return isBelow || bound < lower ? { count: 0, midpoint: lower } : { count, midpoint: bound };
    const under = this.#countUnder(bucket);
    if (isBelow) return { count: under, midpoint: middle(lower, bound, sign, this.#isLinear) };
    return { count: count - under, midpoint: middle(bound, upper, sign, this.#isLinear) };
  }

  #countUnder(bucket: Bucket): number {
    if (this.#bound <= bucket.lower) return 0;
    if (this.#bound >= bucket.upper) return bucket.count;
    return bucket.count * fractionBelow(bucket, this.#bound, this.#isLinear);
  }

  #keptOfZero(lower: number, upper: number, count: number): Kept {
    const bound = this.#bound;
    const isBelow = this.#side === 'below';
    const whole = { count, midpoint: (lower + upper) / 2 };
    const nothing = { count: 0, midpoint: 0 };
    if (bound <= lower) return isBelow ? nothing : whole;
    if (bound >= upper) return isBelow ? whole : nothing;
    const share = (isBelow ? bound - lower : upper - bound) / (upper - lower);
    return { count: count * share, midpoint: isBelow ? (lower + bound) / 2 : (bound + upper) / 2 };
  }
}

/** The first custom bucket, from -Inf: where it ends above zero it is taken to begin at zero. */
function belowInOpenStart({ upper, count }: Bucket, bound: number): Kept {
  if (bound >= upper) return { count, midpoint: 0 };
  if (bound > 0 && upper > 0 && upper !== Infinity) return { count: (count * bound) / upper, midpoint: bound / 2 };
  if (upper <= 0) return { count, midpoint: bound };
  return { count: 0, midpoint: 0 };
}

function aboveInOpenStart({ upper, count }: Bucket, bound: number): Kept {
  if (bound === -Infinity) return { count, midpoint: 0 };
  if (bound >= 0 && upper > bound && upper !== Infinity) {
    return { count: count * (1 - bound / upper), midpoint: (bound + upper) / 2 };
  }
  return { count: 0, midpoint: 0 };
}

/** Where the observations between two bounds are taken to lie: geometric for exponential buckets. */
function middle(lower: number, upper: number, sign: 1 | -1, isLinear: boolean): number {
  const isLowerOpen = !Number.isFinite(lower);
  const isUpperOpen = !Number.isFinite(upper);
  if (isLowerOpen) {
    if (isUpperOpen) return 0;
    return upper > 0 ? upper / 2 : upper;
  }
  if (isUpperOpen) return lower;
  if (isLinear) return (lower + upper) / 2;
  return sign * Math.sqrt(Math.abs(lower * upper));
}
