import type { FloatHistogram } from '../../model/histogram.ts';
import { compareLabels, type Labels, METRIC_TYPE, METRIC_UNIT } from '../../model/labels.ts';
import type { Matcher } from '../../model/matcher.ts';
import { matcherPredicate } from '../../model/matcher-predicate.ts';
import { writeNormalNaN, writeStale } from '../../model/stale.ts';
import { compareUtf8 } from '../../model/utf8.ts';
import {
  ofFloats,
  type Querier,
  type Queryable,
  reserveSampleColumn,
  type SampleColumn,
  type SelectRequest,
  type SeriesSet,
  type TimeRange,
} from '../../storage/query.ts';
import { hintAfterStorage } from './chunk-hints.ts';

export interface MemorySample {
  readonly time: number;
  /** 0: unknown. */
  readonly startTime: number;
  /** Means nothing where the sample is stale or a histogram. */
  readonly value: number;
  readonly stale: boolean;
  readonly histogram: FloatHistogram | null;
}

export interface MemorySeries {
  readonly labels: Labels;
  readonly samples: readonly MemorySample[];
}

/** A storage over plain arrays: simple enough to be right at sight, and it answers as the real one must. */
export class MemoryQueryable implements Queryable {
  readonly #series = new Map<string, { readonly labels: Labels; readonly samples: MemorySample[] }>();

  /**
   * Appends behind what the series holds, in one transaction: throws where a sample is not newer than what was there before, unless it is
   * the same; of those that are given, one that is not newer than the one before it is left out without a word.
   */
  append({ labels, samples }: MemorySeries): void {
    const series = this.#series.get(labels.key) ?? { labels, samples: [] };
    const before = series.samples.at(-1);
    for (const sample of samples) {
      if (before !== undefined && (sample.time < before.time || !isNewOrSame(sample, before))) {
        throw new RangeError(`out of order: ${labels} @ ${sample.time}`);
      }
      const last = series.samples.at(-1);
      if (last !== undefined && last.time >= sample.time) continue;
      const { histogram } = sample;
      if (histogram === null) {
        series.samples.push(sample);
        continue;
      }
      const previous = last === undefined || last.stale ? null : last.histogram;
      const counterResetHint = hintAfterStorage(previous, histogram);
      series.samples.push({ ...sample, histogram: { ...histogram, counterResetHint } });
    }
    if (series.samples.length > 0) this.#series.set(labels.key, series);
  }

  querier(range: TimeRange): Querier {
    const all = [...this.#series.values()];
    return {
      select: (request) => select(all, range, request),
      labelNames: (matchers, limit) => limited(namesOf(matching(all, matchers)), limit),
      labelValues: (name, matchers, limit) => limited(valuesOf(matching(all, matchers), name), limit),
      close: () => {},
    };
  }
}

function select(all: readonly MemorySeries[], range: TimeRange, request: SelectRequest): SeriesSet {
  const minTime = Math.max(range.minTime, request.range.minTime);
  const maxTime = Math.min(range.maxTime, request.range.maxTime);
  const inRange = ({ time }: MemorySample) => time >= range.minTime && time <= range.maxTime;
  const hasHistograms = all.some(({ samples }) => samples.some((one) => one.histogram !== null && inRange(one)));
  const isPlain = !hasHistograms && all.every(({ labels }) => !hasType(labels));
  const rows = matching(all, (isPlain ? ofFloats(request) : request).matchers)
    .map(({ labels, samples }) => ({
      labels,
      samples: samples.filter(({ time }) => time >= minTime && time <= maxTime),
    }))
    .filter(({ samples }) => samples.length > 0);
  if (request.sorted) rows.sort((a, b) => compareLabels(a.labels, b.labels));
  if (request.limit > 0) rows.length = Math.min(rows.length, request.limit);
  return {
    length: rows.length,
    labels: (row) => rows[row]!.labels,
    hasNoTypes: !rows.some(({ labels }) => hasType(labels)),
    read: (row, into) => fill(rows[row]!.samples, into),
    warnings: [],
  };
}

/** Bits count: one NaN is not another, but all of them are written the same here. */
function isNewOrSame(sample: MemorySample, before: MemorySample): boolean {
  if (sample.time > before.time) return true;
  if (sample.stale !== before.stale) return false;
  if (sample.histogram === null || before.histogram === null) {
    return sample.histogram === before.histogram && Object.is(sample.value, before.value);
  }
  const { counterResetHint } = before.histogram;
  return JSON.stringify({ ...sample.histogram, counterResetHint }) === JSON.stringify(before.histogram);
}

function hasType(labels: Labels): boolean {
  return labels.has(METRIC_TYPE) || labels.has(METRIC_UNIT);
}

function fill(samples: readonly MemorySample[], into: SampleColumn): void {
  into.length = 0;
  into.histograms = null;
  into.startTimes = null;
  reserveSampleColumn(into, samples.length);
  into.length = samples.length;
  if (samples.some(({ startTime }) => startTime !== 0)) into.startTimes = new Float64Array(into.times.length);
  if (samples.some(({ histogram }) => histogram !== null)) into.histograms = new Array(samples.length);
  for (const [i, sample] of samples.entries()) {
    into.times[i] = sample.time;
    if (sample.stale) writeStale(into.bits, i);
    else if (Number.isNaN(sample.value)) writeNormalNaN(into.bits, i);
    else into.values[i] = sample.value;
    if (into.startTimes !== null) into.startTimes[i] = sample.startTime;
    if (sample.histogram !== null) into.histograms![i] = sample.histogram;
  }
}

function matching(all: readonly MemorySeries[], matchers: readonly Matcher[]): readonly MemorySeries[] {
  const tests = matchers.map((matcher) => ({ name: matcher.name, accepts: matcherPredicate(matcher) }));
  return all.filter(({ labels }) => tests.every(({ name, accepts }) => accepts(labels.get(name))));
}

function namesOf(series: readonly MemorySeries[]): string[] {
  const names = new Set(series.flatMap(({ labels }) => labels.pairs.filter((_, i) => i % 2 === 0)));
  return [...names].sort(compareUtf8);
}

function valuesOf(series: readonly MemorySeries[], name: string): string[] {
  return [...new Set(series.map(({ labels }) => labels.get(name)))].filter((value) => value !== '').sort(compareUtf8);
}

function limited(values: string[], limit: number): string[] {
  return limit > 0 ? values.slice(0, limit) : values;
}
