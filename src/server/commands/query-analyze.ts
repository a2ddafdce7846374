import { formatDuration } from '../../model/duration.ts';
import { goFloatFixed } from '../../model/go-float.ts';
import { METRIC_NAME } from '../../model/labels.ts';
import { BucketCounts, type BucketStatistics, classicStatistics, nativeStatistics } from './bucket-statistics.ts';
import { type ApiClient, ApiError, type MatrixSeries, type QueryData } from './query-client.ts';
import { labelSetText, metricText } from './query-output.ts';

export interface AnalyzeRequest {
  readonly selectors: readonly string[];
  readonly durationMs: number;
  readonly time: number;
}

const HEADER = `Bucket stats for each histogram series over time
------------------------------------------------
First the min, avg, and max number of populated buckets, followed by the total
number of buckets (only if different from the max number of populated buckets
which is typical for classic but not native histograms).
`;
const FOOTER = `
Aggregated bucket stats
-----------------------
Each line shows min/avg/max over the series above.
`;

/** Tells how many buckets of each histogram are in use. Throws ApiError. */
export async function analyzeHistograms(client: ApiClient, request: AnalyzeRequest): Promise<string> {
  const native = new BucketCounts();
  const classic = new BucketCounts();
  let text = `${HEADER}\n`;
  const add = (name: string, kind: string, statistics: BucketStatistics | null, counts: BucketCounts) => {
    if (statistics === null) return;
    counts.add(statistics);
    text += `- ${name} (${kind}): ${statisticsText(statistics)}\n`;
  };
  for (const selector of request.selectors) {
    const series = await samplesOf(client, selector, request);
    for (const one of series.filter(isNative)) add(metricText(one.metric), 'native', nativeStatistics(one), native);
    for (const [name, buckets] of classicHistograms(series)) add(name, 'classic', classicStatistics(buckets), classic);
  }
  text += FOOTER;
  if (native.count > 0) text += `\nNative ${native.text()}\n`;
  if (classic.count > 0) text += `\nClassic ${classic.text()}\n`;
  return text;
}

async function samplesOf(
  client: ApiClient,
  selector: string,
  { durationMs, time }: AnalyzeRequest,
): Promise<readonly MatrixSeries[]> {
  const query = `${selector}[${formatDuration(durationMs)}]`;
  const { data } = await client.post('query', [
    ['query', query],
    ['time', String(time / 1000)],
  ]);
  const { resultType, result } = data as QueryData;
  if (resultType !== 'matrix') throw new ApiError('query of buckets resulted in non-Matrix');
  return result;
}

/** Series with floats are taken for classic buckets. */
function isNative({ values }: MatrixSeries): boolean {
  return values === undefined || values.length === 0;
}

/** The bucket series of each classic histogram, by its name and labels without `le`. */
function classicHistograms(series: readonly MatrixSeries[]): Map<string, MatrixSeries[]> {
  const histograms = new Map<string, MatrixSeries[]>();
  for (const one of series) {
    const { le, [METRIC_NAME]: name = '', ...labels } = one.metric;
    if (isNative(one) || le === undefined || !name.endsWith('_bucket')) continue;
    const key = `${name}${labelSetText(labels)}`;
    const buckets = histograms.get(key);
    if (buckets === undefined) histograms.set(key, [one]);
    else buckets.push(one);
  }
  return histograms;
}

function statisticsText({ min, avg, max, total }: BucketStatistics): string {
  return `${min}/${goFloatFixed(avg, 3)}/${max}${max === total ? '' : `/${total}`}`;
}
