import { goFloatCompact, goFloatFixed, goFloatPlain } from '../../model/go-float.ts';
import { goQuote, METRIC_NAME } from '../../model/labels.ts';
import { compareUtf8 } from '../../model/utf8.ts';
import type { MatrixSeries, QueryData, TimeAndHistogram, TimeAndText, VectorSample } from './query-client.ts';

type Metric = Readonly<Record<string, string>>;

/** How answers are printed; every text ends in a newline. */
export interface Printer {
  value(data: QueryData): string;
  series(list: readonly Metric[]): string;
  labelValues(list: readonly string[]): string;
}

/** `promql`: lines as the reference's tool prints them. `json`: what the API calls the result, on one line. */
export function printerOf(format: string): Printer {
  return format === 'json' ? JSON_PRINTER : PROMQL_PRINTER;
}

const PROMQL_PRINTER: Printer = {
  value: (data) => `${valueText(data)}\n`,
  series: (list) => list.map((labels) => `${labelSetText(labels)}\n`).join(''),
  labelValues: (list) => list.map((value) => `${value}\n`).join(''),
};

const JSON_PRINTER: Printer = {
  value: ({ result }) => `${goJson(withPlainNumbers(result))}\n`,
  series: (list) => `${goJson(list.map(sortedMetric))}\n`,
  labelValues: (list) => `${goJson(list)}\n`,
};

/** A metric in PromQL's notation: `name{a="b", c="d"}`, `name` or `{}`. */
export function metricText(metric: Metric): string {
  const { [METRIC_NAME]: name = '', ...labels } = metric;
  const pairs = Object.entries(labels).map(([label, value]) => `${label}=${goQuote(value)}`);
  if (pairs.length === 0) return name === '' ? '{}' : name;
  return `${name}{${pairs.sort(compareUtf8).join(', ')}}`;
}

/** Labels with the name among them: `{__name__="up", job="a"}`. */
export function labelSetText(labels: Metric): string {
  const names = Object.keys(labels).sort(compareUtf8);
  return `{${names.map((name) => `${name}=${goQuote(labels[name]!)}`).join(', ')}}`;
}

function valueText(data: QueryData): string {
  switch (data.resultType) {
    case 'vector':
      return data.result.map((sample) => `${metricText(sample.metric)} => ${sampleText(sample)}`).join('\n');
    case 'matrix':
      return [...data.result]
        .sort((a, b) => compareMetrics(a.metric, b.metric))
        .map((series) => `${metricText(series.metric)} =>\n${seriesLines(series).join('\n')}`)
        .join('\n');
    case 'scalar':
      return `scalar: ${numberText(data.result[1])} @[${timeText(data.result[0])}]`;
    case 'string':
      return data.result[1];
  }
}

function sampleText({ value, histogram }: VectorSample): string {
  return histogram === undefined ? pointText(value!) : histogramPointText(histogram);
}

function seriesLines({ values = [], histograms = [] }: MatrixSeries): string[] {
  return [...values.map(pointText), ...histograms.map(histogramPointText)];
}

function pointText([time, value]: TimeAndText): string {
  return `${numberText(value)} @[${timeText(time)}]`;
}

function histogramPointText([time, { count, sum, buckets = [] }]: TimeAndHistogram): string {
  const texts = buckets.map(([boundaries, lower, upper, inside]) => {
    const open = boundaries === 1 || boundaries === 3 ? '[' : '(';
    const close = boundaries === 0 || boundaries === 3 ? ']' : ')';
    const [from, to] = [goFloatCompact(numberFrom(lower)), goFloatCompact(numberFrom(upper))];
    return `${open}${from},${to}${close}:${numberText(inside)}`;
  });
  const [total, all] = [goFloatFixed(numberFrom(count), 6), goFloatFixed(numberFrom(sum), 6)];
  return `Count: ${total}, Sum: ${all}, Buckets: [${texts.join(' ')}] @[${timeText(time)}]`;
}

function timeText(seconds: number): string {
  return goFloatPlain(seconds);
}

function numberText(text: string): string {
  return goFloatPlain(numberFrom(text));
}

/** A sample's value as the API writes it. */
export function numberFrom(text: string): number {
  return text.endsWith('Inf') ? (text.startsWith('-') ? -Infinity : Infinity) : Number(text);
}

/** Fewer labels first; then the first label, by name, that differs. A label that is absent comes before any value. */
function compareMetrics(a: Metric, b: Metric): number {
  const difference = Object.keys(a).length - Object.keys(b).length;
  if (difference !== 0) return difference;
  const names = [...new Set([...Object.keys(a), ...Object.keys(b)])].sort(compareUtf8);
  for (const name of names) {
    const [left, right] = [a[name], b[name]];
    if (left === right) continue;
    if (left === undefined) return -1;
    return right === undefined ? 1 : compareUtf8(left, right);
  }
  return 0;
}

/** The result with numbers written without exponent, and labels in order. */
function withPlainNumbers(result: QueryData['result']): unknown {
  if (typeof result[0] === 'number') return result;
  return (result as readonly (VectorSample & MatrixSeries)[]).map((series) => ({
    metric: sortedMetric(series.metric),
    ...(series.value && { value: plainPoint(series.value) }),
    ...(series.values && { values: series.values.map(plainPoint) }),
    ...(series.histogram && { histogram: plainHistogram(series.histogram) }),
    ...(series.histograms && { histograms: series.histograms.map(plainHistogram) }),
  }));
}

function plainPoint([time, value]: TimeAndText): TimeAndText {
  return [time, numberText(value)];
}

function plainHistogram([time, { count, sum, buckets }]: TimeAndHistogram): unknown {
  const plain = buckets?.map(
    ([boundaries, lower, upper, inside]) =>
      [boundaries, numberText(lower), numberText(upper), numberText(inside)] as const,
  );
  // What a histogram without buckets has in the reference's tool.
  return [time, { count: numberText(count), sum: numberText(sum), buckets: plain ?? null }];
}

function sortedMetric(metric: Metric): Metric {
  return Object.fromEntries(Object.entries(metric).sort(([a], [b]) => compareUtf8(a, b)));
}

/** JSON as Go's encoder writes it: safe to stand in HTML. */
export function goJson(value: unknown): string {
  return JSON.stringify(value).replace(
    /[<>&\u2028\u2029]/g,
    (character) => `\\u${character.charCodeAt(0).toString(16).padStart(4, '0')}`,
  );
}
