import fc from 'fast-check';
import {
  type CounterResetHint,
  CUSTOM_BUCKETS_SCHEMA,
  type FloatHistogram,
  type Histogram,
  type Span,
} from '../../src/model/histogram.ts';

/** Index of a bucket (negative side: `-1 - index`) -> count. */
export type Buckets = ReadonlyMap<number, number>;

/** A histogram in plain words, from which both kinds are made. */
export interface PlainHistogram {
  readonly isInteger: boolean;
  readonly hint: CounterResetHint;
  readonly schema: number;
  readonly zeroThreshold: number;
  readonly zeroCount: number;
  readonly sum: number;
  readonly positive: readonly (readonly [index: number, count: number])[];
  readonly negative: readonly (readonly [index: number, count: number])[];
  /** Upper bounds where the schema has its own; without them `BOUNDS`. */
  readonly bounds?: readonly number[];
  /** How the spans of both sides are written, bucket by bucket in turn; without it as short as they can be. */
  readonly spanForms?: readonly SpanForm[];
}

/** A bucket begins a span only where it must, or always, or behind an empty span. */
type SpanForm = 'joined' | 'own' | 'behind an empty one';

const BOUNDS = [0.5, 1, 2.25, 4, 5, 6, 7, 8, 9, 10, 33554.43, 1e9];

const side = fc.uniqueArray(fc.tuple(fc.integer({ min: -6, max: 12 }), fc.nat(4000)), {
  selector: ([index]) => index,
  maxLength: 8,
});

/** Histograms that often follow on each other: few schemas and thresholds, buckets that come and go. */
export const plainHistograms: fc.Arbitrary<PlainHistogram> = fc
  .record({
    isInteger: fc.boolean(),
    hint: fc.constantFrom<CounterResetHint>('unknown', 'unknown', 'unknown', 'notReset', 'reset', 'gauge'),
    schema: fc.constantFrom(0, 0, 0, 3, CUSTOM_BUCKETS_SCHEMA),
    zeroThreshold: fc.constantFrom(0.001, 0.001, 0, 2 ** -128),
    zeroCount: fc.nat(3),
    sum: fc.oneof(fc.double(), fc.constantFrom(1, 2.5)),
    positive: side,
    negative: side,
  })
  .map((plain) => {
    const isCustom = plain.schema === CUSTOM_BUCKETS_SCHEMA;
    const positive = isCustom ? plain.positive.filter(([index]) => index >= 0) : plain.positive;
    if (!isCustom) return { ...plain, positive };
    return { ...plain, positive, negative: [], zeroThreshold: 0, zeroCount: 0 };
  });

const ODD_THRESHOLDS = [0, 5e-324, 2 ** -243, 2 ** -242, 2 ** -128, 0.001, 0.3, 1, 2 ** 10, 2 ** 11, 1e308];
const wideSide = fc.uniqueArray(
  fc.tuple(fc.oneof(fc.integer({ min: -6, max: 12 }), fc.integer({ min: -40_000, max: 40_000 })), fc.nat(2 ** 40)),
  { selector: ([index]) => index, maxLength: 8 },
);

/** Histograms of every form that the formats have a place for, valid or not: these seldom follow on each other. */
export const wideHistograms: fc.Arbitrary<PlainHistogram> = fc
  .record({
    plain: plainHistograms,
    schema: fc.oneof(fc.integer({ min: -4, max: 8 }), fc.constant(CUSTOM_BUCKETS_SCHEMA)),
    zeroThreshold: fc.oneof(fc.constantFrom(...ODD_THRESHOLDS), fc.double({ min: 0, max: 1e308, noNaN: true })),
    zeroCount: fc.nat(2 ** 40),
    positive: wideSide,
    negative: wideSide,
    /** Of float counts. */
    scale: fc.constantFrom(1, 0.37, 1e-300, 1e250),
    bounds: fc
      .uniqueArray(fc.oneof(fc.double({ noNaN: true, noDefaultInfinity: true }), fc.integer({ min: 0, max: 50_000 })), {
        comparator: (a, b) => a === b,
        minLength: 1,
        maxLength: 15,
      })
      .map((list) => list.sort((a, b) => a - b)),
    spanForms: fc.array(fc.constantFrom<SpanForm>('joined', 'own', 'behind an empty one'), { minLength: 1 }),
  })
  .map(({ bounds, negative, plain, positive, scale, schema, spanForms, zeroCount, zeroThreshold }) => {
    const { hint, isInteger, sum } = plain;
    const counts = (list: PlainHistogram['positive']) =>
      list.map(([index, count]) => [index, isInteger ? count : count * scale] as const);
    const same = { hint, isInteger, schema, spanForms, sum };
    if (schema !== CUSTOM_BUCKETS_SCHEMA) {
      return { ...same, negative: counts(negative), positive: counts(positive), zeroCount, zeroThreshold };
    }
    const within = positive.filter(([index]) => index >= 0 && index <= bounds.length);
    return { ...same, bounds, negative: [], positive: counts(within), zeroCount: 0, zeroThreshold: 0 };
  });

export function histogramFrom(plain: PlainHistogram): Histogram {
  const positive = sorted(plain.positive);
  const negative = sorted(plain.negative);
  const total = [...positive, ...negative].reduce((sum, [, count]) => sum + count, plain.zeroCount);
  const fields = {
    counterResetHint: plain.hint,
    schema: plain.schema,
    zeroThreshold: plain.zeroThreshold,
    zeroCount: plain.zeroCount,
    count: total,
    sum: plain.sum,
    positiveSpans: spansFrom(positive, plain.spanForms),
    negativeSpans: spansFrom(negative, plain.spanForms),
    customValues: plain.schema === CUSTOM_BUCKETS_SCHEMA ? (plain.bounds ?? BOUNDS) : [],
  };
  if (!plain.isInteger) {
    const positiveCounts = positive.map(([, count]) => count);
    return { ...fields, kind: 'float', positiveCounts, negativeCounts: negative.map(([, count]) => count) };
  }
  return { ...fields, kind: 'integer', positiveDeltas: deltasOf(positive), negativeDeltas: deltasOf(negative) };
}

/** Every bucket that is not empty. */
export function bucketsOf(histogram: FloatHistogram): Buckets {
  const buckets = new Map<number, number>();
  eachBucket(histogram.positiveSpans, histogram.positiveCounts, (index, count) => buckets.set(index, count));
  eachBucket(histogram.negativeSpans, histogram.negativeCounts, (index, count) => buckets.set(-1000 - index, count));
  return buckets;
}

/** As `bucketsOf`, of a histogram not yet made. */
export function plainBuckets(plain: PlainHistogram): Buckets {
  const buckets = new Map<number, number>();
  for (const [index, count] of sorted(plain.positive)) if (count > 0) buckets.set(index, count);
  for (const [index, count] of sorted(plain.negative)) if (count > 0) buckets.set(-1000 - index, count);
  return buckets;
}

function eachBucket(spans: readonly Span[], counts: readonly number[], visit: (index: number, count: number) => void) {
  let index = 0;
  let at = 0;
  for (const { offset, length } of spans) {
    index += offset;
    for (let i = 0; i < length; i++, index++, at++) if (counts[at]! !== 0) visit(index, counts[at]!);
  }
  if (at !== counts.length) throw new Error(`spans hold ${at} buckets, there are ${counts.length}`);
}

function sorted(list: PlainHistogram['positive']): (readonly [number, number])[] {
  return [...list].sort(([a], [b]) => a - b);
}

function spansFrom(list: PlainHistogram['positive'], forms: readonly SpanForm[] = ['joined']): Span[] {
  const spans: { offset: number; length: number }[] = [];
  let end = 0;
  for (const [i, [index]] of list.entries()) {
    const last = spans.at(-1);
    const form = forms[i % forms.length];
    if (form === 'joined' && last !== undefined && index === end) last.length++;
    else if (form === 'behind an empty one') spans.push({ offset: index - end, length: 0 }, { offset: 0, length: 1 });
    else spans.push({ offset: index - end, length: 1 });
    end = index + 1;
  }
  return spans;
}

function deltasOf(list: PlainHistogram['positive']): number[] {
  return list.map(([, count], i) => count - (i === 0 ? 0 : list[i - 1]![1]));
}
