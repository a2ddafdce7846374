import { type CounterResetHint, CUSTOM_BUCKETS_SCHEMA, type FloatHistogram, type Span } from '../../model/histogram.ts';
import { parseNumber } from '../syntax/literals.ts';

const HINTS: Readonly<Record<string, CounterResetHint>> = {
  unknown: 'unknown',
  reset: 'reset',
  not_reset: 'notReset',
  gauge: 'gauge',
};

const KEYS = new Set([
  'sum',
  'count',
  'schema',
  'offset',
  'n_offset',
  'buckets',
  'n_buckets',
  'z_bucket',
  'z_bucket_w',
  'custom_values',
  'counter_reset_hint',
]);

export interface DescribedHistogram {
  readonly histogram: FloatHistogram;
  /** A hint was written, so a comparison looks at it. */
  readonly hintSet: boolean;
}

/** Reads what stands between `{{` and `}}`: `schema:0 sum:5 count:4 buckets:[1 2 1]`. */
export function parseHistogramDescription(body: string): DescribedHistogram {
  const fields = new Map<string, string>();
  const matches = body.trim().matchAll(/([a-z_]+):(\[[^\]]*\]|\S+)\s*/g);
  let read = 0;
  for (const [whole, key, value] of matches) {
    if (!KEYS.has(key!) || fields.has(key!)) throw new SyntaxError(`unknown or repeated histogram key: ${key}`);
    fields.set(key!, value!);
    read += whole.length;
  }
  if (read !== body.trim().length) throw new SyntaxError(`bad histogram description: ${body}`);
  const number = (key: string) => toNumber(fields.get(key) ?? '0');
  const list = (key: string) => {
    const text = fields.get(key);
    return text === undefined ? [] : text.slice(1, -1).trim().split(/\s+/).filter(Boolean).map(toNumber);
  };
  const hint = fields.get('counter_reset_hint');
  if (hint !== undefined && HINTS[hint] === undefined) throw new SyntaxError(`unknown counter reset hint: ${hint}`);
  const positiveCounts = list('buckets');
  const negativeCounts = list('n_buckets');
  return {
    hintSet: hint !== undefined,
    histogram: {
      kind: 'float',
      counterResetHint: HINTS[hint ?? 'unknown']!,
      schema: number('schema'),
      zeroThreshold: number('z_bucket_w'),
      zeroCount: number('z_bucket'),
      count: number('count'),
      sum: number('sum'),
      positiveSpans: positiveCounts.length > 0 ? [{ offset: number('offset'), length: positiveCounts.length }] : [],
      negativeSpans: negativeCounts.length > 0 ? [{ offset: number('n_offset'), length: negativeCounts.length }] : [],
      positiveCounts,
      negativeCounts,
      customValues: list('custom_values'),
    },
  };
}

/** `a + sign * b`, for the growing sequences of scripts; `b` may have the finer resolution. */
export function combineHistograms(a: FloatHistogram, b: FloatHistogram, sign: 1 | -1): FloatHistogram {
  if (a.schema > b.schema) {
    throw new RangeError(`error combining histograms: cannot merge from schema ${b.schema} to ${a.schema}`);
  }
  if (a.zeroThreshold !== b.zeroThreshold || a.customValues.join() !== b.customValues.join()) {
    throw new RangeError('error combining histograms: different zero thresholds or custom bounds');
  }
  const shift = a.schema === CUSTOM_BUCKETS_SCHEMA ? 0 : b.schema - a.schema;
  const combined = (
    spansA: readonly Span[],
    countsA: readonly number[],
    spansB: readonly Span[],
    countsB: readonly number[],
  ) => {
    const counts = bucketsByIndex(spansA, countsA);
    for (const [index, count] of bucketsByIndex(spansB, countsB)) {
      const target = shift === 0 ? index : ((index - 1) >> shift) + 1;
      counts.set(target, (counts.get(target) ?? 0) + sign * count);
    }
    return layout(counts);
  };
  const positive = combined(a.positiveSpans, a.positiveCounts, b.positiveSpans, b.positiveCounts);
  const negative = combined(a.negativeSpans, a.negativeCounts, b.negativeSpans, b.negativeCounts);
  return {
    ...a,
    counterResetHint: combinedHint(a.counterResetHint, b.counterResetHint),
    count: a.count + sign * b.count,
    sum: a.sum + sign * b.sum,
    zeroCount: a.zeroCount + sign * b.zeroCount,
    positiveSpans: positive.spans,
    positiveCounts: positive.counts,
    negativeSpans: negative.spans,
    negativeCounts: negative.counts,
  };
}

/** Count of every bucket that the spans name, by absolute index. */
export function bucketsByIndex(spans: readonly Span[], counts: readonly number[]): Map<number, number> {
  const byIndex = new Map<number, number>();
  let index = 0;
  let at = 0;
  for (const { offset, length } of spans) {
    index += offset;
    for (let i = 0; i < length; i++) byIndex.set(index++, counts[at++]!);
  }
  return byIndex;
}

function layout(byIndex: ReadonlyMap<number, number>): { spans: Span[]; counts: number[] } {
  const spans: { offset: number; length: number }[] = [];
  const counts: number[] = [];
  let end = 0;
  for (const [index, count] of [...byIndex].sort(([a], [b]) => a - b)) {
    if (spans.length > 0 && index === end) spans.at(-1)!.length++;
    else spans.push({ offset: index - end, length: 1 });
    counts.push(count);
    end = index + 1;
  }
  return { spans, counts };
}

function combinedHint(a: CounterResetHint, b: CounterResetHint): CounterResetHint {
  if (a === b || a === 'gauge' || b === 'unknown') return a === b || a === 'gauge' ? a : 'unknown';
  if (b === 'gauge') return 'gauge';
  return 'unknown';
}

function toNumber(text: string): number {
  const negative = text.startsWith('-');
  const value = parseNumber(negative || text.startsWith('+') ? text.slice(1) : text);
  if (value === null) throw new SyntaxError(`not a number: ${text}`);
  return negative ? -value : value;
}
