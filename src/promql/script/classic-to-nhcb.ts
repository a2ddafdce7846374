import { CUSTOM_BUCKETS_SCHEMA, type FloatHistogram } from '../../model/histogram.ts';
import { type Labels, METRIC_NAME } from '../../model/labels.ts';
import type { MemorySample, MemorySeries } from './memory-queryable.ts';

interface ClassicHistogram {
  readonly buckets: Map<number, number>;
  count: number | null;
  sum: number;
}

interface Family {
  readonly labels: Labels;
  readonly byTime: Map<number, ClassicHistogram>;
}

/** The native histograms with custom buckets that the classic ones among `series` stand for (`load_with_nhcb`). */
export function nhcbFromClassic(series: readonly MemorySeries[]): MemorySeries[] {
  const families = new Map<string, Family>();
  for (const { labels, samples } of series) {
    const match = /^(.*)_(bucket|count|sum)$/.exec(labels.get(METRIC_NAME));
    if (match === null) continue;
    const bound = match[2] === 'bucket' ? Number(labels.get('le').replace(/^([+-]?)inf$/i, '$1Infinity')) : 0;
    if (Number.isNaN(bound)) continue;
    const base = labels.with(METRIC_NAME, match[1]!).without('le');
    const family = families.get(base.key) ?? { labels: base, byTime: new Map() };
    families.set(base.key, family);
    for (const sample of samples) {
      if (sample.histogram !== null) continue;
      const at = family.byTime.get(sample.time) ?? { buckets: new Map(), count: null, sum: 0 };
      family.byTime.set(sample.time, at);
      if (match[2] === 'bucket') at.buckets.set(bound, sample.value);
      else if (match[2] === 'count') at.count = sample.value;
      else at.sum = sample.value;
    }
  }
  return [...families.values()].map(({ labels, byTime }) => ({ labels, samples: samplesOf(byTime) }));
}

function samplesOf(byTime: ReadonlyMap<number, ClassicHistogram>): MemorySample[] {
  return [...byTime]
    .sort(([a], [b]) => a - b)
    .map(([time, classic]) => ({ time, startTime: 0, value: 0, stale: false, histogram: convert(classic) }));
}

function convert({ buckets, count, sum }: ClassicHistogram): FloatHistogram {
  const bounds = [...buckets.keys()].sort((a, b) => a - b);
  const total = count ?? (bounds.length > 0 ? buckets.get(bounds.at(-1)!)! : 0);
  if (bounds.at(-1) !== Number.POSITIVE_INFINITY) {
    bounds.push(Number.POSITIVE_INFINITY);
    buckets.set(Number.POSITIVE_INFINITY, total);
  }
  const cumulative = bounds.map((bound) => buckets.get(bound)!);
  const positiveCounts = cumulative.map((value, i) => (i === 0 ? value : value - cumulative[i - 1]!));
  if (positiveCounts.some((value) => value < 0)) throw new RangeError('count is not cumulative');
  if (cumulative.at(-1) !== total) throw new RangeError('count mismatch');
  return {
    kind: 'float',
    counterResetHint: 'unknown',
    schema: CUSTOM_BUCKETS_SCHEMA,
    zeroThreshold: 0,
    zeroCount: 0,
    count: total,
    sum,
    positiveSpans: [{ offset: 0, length: positiveCounts.length }],
    positiveCounts,
    negativeSpans: [],
    negativeCounts: [],
    customValues: bounds.slice(0, -1),
  };
}
