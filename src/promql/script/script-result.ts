import type { FloatHistogram } from '../../model/histogram.ts';
import { CUSTOM_BUCKETS_SCHEMA } from '../../model/histogram.ts';
import { compareLabels, type Labels } from '../../model/labels.ts';
import { bucketsByIndex } from './histogram-description.ts';
import type { EvalCommand } from './promql-script.ts';
import type { SequenceItem } from './series-description.ts';

export interface ResultPoint {
  readonly time: number;
  readonly value: number;
  readonly histogram: FloatHistogram | null;
}

export interface ResultSeries {
  readonly labels: Labels;
  readonly points: readonly ResultPoint[];
}

/** What an engine found. A vector has one point a series. */
export type ScriptValue =
  | { readonly type: 'scalar'; readonly value: number }
  | { readonly type: 'string'; readonly value: string }
  | { readonly type: 'vector' | 'matrix'; readonly series: readonly ResultSeries[] };

/** What differs between the result and what the command expects, or null. */
export function resultDifference(command: EvalCommand, value: ScriptValue): string | null {
  switch (value.type) {
    case 'string':
      return value.value === (command.string ?? '') ? null : `expected string ${command.string}, got ${value.value}`;
    case 'scalar':
      if (command.scalar === null) return `expected vector or matrix, got scalar ${value.value}`;
      return itemDifference(command.scalar, { time: 0, value: value.value, histogram: null });
    case 'vector':
      if (command.scalar !== null) return 'expected scalar, got vector';
      return vectorDifference(command, value.series);
    case 'matrix':
      if (command.scalar !== null) return 'expected scalar, got matrix';
      return command.ordered ? 'expected ordered result, got matrix' : matrixDifference(command, value.series);
  }
}

/** Says where the series of a range query are out of label order, or null. */
export function orderDifference(series: readonly ResultSeries[]): string | null {
  const at = series.findIndex((_, i) => i > 0 && compareLabels(series[i - 1]!.labels, series[i]!.labels) > 0);
  return at < 0 ? null : `series are not sorted by labels: ${series[at]!.labels} comes too late`;
}

function vectorDifference(command: EvalCommand, series: readonly ResultSeries[]): string | null {
  const places = new Map(command.series.map(({ labels }, i) => [labels.key, i]));
  const seen = new Set<string>();
  for (const [place, { labels, points }] of series.entries()) {
    const expectedPlace = places.get(labels.key);
    if (expectedPlace === undefined) return `unexpected ${labels} = ${printPoint(points[0]!)}`;
    if (command.ordered && expectedPlace !== place)
      return `expected ${labels} at ${expectedPlace}, but it is at ${place}`;
    const difference = itemDifference(command.series[expectedPlace]!.items[0]!, points[0]!);
    if (difference !== null) return `${labels}: ${difference}`;
    seen.add(labels.key);
  }
  return missing(command, seen);
}

function matrixDifference(command: EvalCommand, series: readonly ResultSeries[]): string | null {
  const disorder = orderDifference(series);
  if (disorder !== null) return disorder;
  const expected = new Map(command.series.map((entry) => [entry.labels.key, entry]));
  const seen = new Set<string>();
  for (const { labels, points } of series) {
    const entry = expected.get(labels.key);
    if (entry === undefined) return `unexpected ${labels} = ${points.map(printPoint).join(' ')}`;
    seen.add(labels.key);
    const wanted = entry.items
      .map((item, i) => ({ item, time: command.start + i * command.step }))
      .filter(({ item }) => item.kind !== 'omitted');
    if (wanted.some(({ time }) => time > command.end)) return `${labels}: more values expected than steps exist`;
    const got = points.map((point) => `${printPoint(point)}@${point.time}`).join(' ');
    if (wanted.length !== points.length)
      return `${labels}: expected ${wanted.length} points, got ${points.length}: ${got}`;
    for (const [i, { item, time }] of wanted.entries()) {
      const point = points[i]!;
      if (point.time !== time) return `${labels}: expected point ${i} at ${time}: ${got}`;
      const difference = itemDifference(item, point);
      if (difference !== null) return `${labels}: point ${i}: ${difference} (${got})`;
    }
  }
  return missing(command, seen);
}

function missing(command: EvalCommand, seen: ReadonlySet<string>): string | null {
  const absent = command.series.find(({ labels }) => !seen.has(labels.key));
  return absent === undefined ? null : `expected ${absent.labels} not found`;
}

function itemDifference(item: SequenceItem, point: ResultPoint): string | null {
  if (item.kind === 'histogram') {
    if (point.histogram === null) return `expected a histogram, got ${point.value}`;
    const difference = histogramDifference(item.histogram, point.histogram, item.hintSet);
    return difference === null ? null : `histogram: ${difference}`;
  }
  if (point.histogram !== null) return `expected a float, got histogram ${printPoint(point)}`;
  // What is left out counts as zero where a single value is looked at, as in the reference.
  const wanted = item.kind === 'float' ? item.value : item.kind === 'omitted' ? 0 : Number.NaN;
  return almostEqual(wanted, point.value) ? null : `expected ${wanted}, got ${point.value}`;
}

function histogramDifference(wanted: FloatHistogram, got: FloatHistogram, compareHint: boolean): string | null {
  const check = (name: string, a: number, b: number) => (almostEqual(a, b) ? '' : `${name}: expected ${a}, got ${b}; `);
  let text = wanted.schema === got.schema ? '' : `schema: expected ${wanted.schema}, got ${got.schema}; `;
  text += check('count', wanted.count, got.count) + check('sum', wanted.sum, got.sum);
  text += check('zero count', wanted.zeroCount, got.zeroCount);
  if (wanted.zeroThreshold !== got.zeroThreshold) text += `zero threshold: got ${got.zeroThreshold}; `;
  if (wanted.schema === CUSTOM_BUCKETS_SCHEMA && wanted.customValues.join() !== got.customValues.join()) {
    text += `bounds: expected ${wanted.customValues}, got ${got.customValues}; `;
  }
  text += bucketDifference(
    'positive',
    filled(wanted.positiveSpans, wanted.positiveCounts),
    filled(got.positiveSpans, got.positiveCounts),
  );
  text += bucketDifference(
    'negative',
    filled(wanted.negativeSpans, wanted.negativeCounts),
    filled(got.negativeSpans, got.negativeCounts),
  );
  if (compareHint && wanted.counterResetHint !== got.counterResetHint) {
    text += `hint: expected ${wanted.counterResetHint}, got ${got.counterResetHint}; `;
  }
  return text === '' ? null : text;
}

/** The buckets that hold something: empty ones may be stored or not. */
function filled(...[spans, counts]: Parameters<typeof bucketsByIndex>): [number, number][] {
  return [...bucketsByIndex(spans, counts)].filter(([, count]) => count !== 0).sort(([a], [b]) => a - b);
}

function bucketDifference(name: string, wanted: [number, number][], got: [number, number][]): string {
  const equal =
    wanted.length === got.length &&
    wanted.every(([index, count], i) => index === got[i]![0] && almostEqual(count, got[i]![1]));
  const print = (buckets: [number, number][]) => buckets.map(([index, count]) => `${index}:${count}`).join(' ');
  return equal ? '' : `${name} buckets: expected ${print(wanted)}, got ${print(got)}; `;
}

const EPSILON = 0.000001;
/** The smallest normal float64. */
const MIN_NORMAL = 2 ** -1022;

/** Equal within a millionth of the sum; all NaNs are equal. */
function almostEqual(a: number, b: number): boolean {
  if (a === b || (Number.isNaN(a) && Number.isNaN(b))) return true;
  const sum = Math.abs(a) + Math.abs(b);
  const difference = Math.abs(a - b);
  if (a === 0 || b === 0 || sum < MIN_NORMAL) return difference < EPSILON * MIN_NORMAL;
  return difference / Math.min(sum, Number.MAX_VALUE) < EPSILON;
}

function printPoint({ value, histogram }: ResultPoint): string {
  return histogram === null ? String(value) : `{{count:${histogram.count} sum:${histogram.sum}}}`;
}
