import { request } from 'undici';
import { type Plain, requestBytes, responseFromBytes } from '../../api/read-message.ts';

/** What a server holds: samples and exemplars as texts, by series. */
export type Held = Readonly<Record<string, readonly string[]>>;

export interface Asked {
  /** Times of samples, and of exemplars, ms. */
  readonly from: number;
  readonly to: number;
  readonly exemplarsFrom: number;
}

export async function heldBy(url: string, { from, to, exemplarsFrom }: Asked): Promise<Held> {
  return { ...(await samplesOf(url, from, to)), ...(await exemplarsOf(url, exemplarsFrom, to)) };
}

/** What `ours` has and `theirs` has not, a line for each series with the first of it; empty where there is nothing. */
export function missingIn(theirs: Held, ours: Held): string[] {
  const lines: string[] = [];
  for (const [key, list] of Object.entries(ours)) {
    const missing = missingFrom(theirs[key] ?? [], list);
    if (missing.length > 0) lines.push(`${key}: ${missing.length}, first ${missing[0]}`);
  }
  return lines;
}

/** Those of `some` that are not in `list`. */
function missingFrom(list: readonly string[], some: readonly string[]): string[] {
  const set = new Set(list);
  return some.filter((each) => !set.has(each));
}

/** All samples by series, as `time value`, stale markers among them, by remote read of samples. */
async function samplesOf(url: string, start: number, end: number): Promise<Record<string, string[]>> {
  const matchers = [{ type: 2, name: '__name__', value: 'life_.+' }];
  const response = await request(`${url}/api/v1/read`, {
    method: 'POST',
    body: requestBytes([{ start, end, matchers }], [0]),
    headers: { 'content-type': 'application/x-protobuf', 'content-encoding': 'snappy' },
  });
  const bytes = new Uint8Array(await response.body.arrayBuffer());
  if (response.statusCode !== 200) throw new Error(`${url} ${response.statusCode} ${Buffer.from(bytes)}`);
  const found: Record<string, string[]> = {};
  for (const { labels, samples = [], histograms = [] } of responseFromBytes(bytes).results[0].timeseries ?? []) {
    const name = labels.map((label: { name: string; value: string }) => `${label.name}=${label.value}`).join();
    const lines = samples.map((sample: { time: number; value: number }) => `${sample.time ?? 0} ${sample.value ?? 0}`);
    for (const histogram of histograms) lines.push(`${histogram.time} ${histogramText(histogram)}`);
    if (lines.length > 0) found[name] = lines;
  }
  return found;
}

/** A histogram's numbers. Empty buckets and the hint whether it began again follow from where chunks end, not from the samples. */
function histogramText(histogram: Plain): string {
  const isFloat = histogram.count_float !== undefined;
  const side = (name: string) =>
    bucketTexts(histogram[`${name}_spans`], histogram[`${name}_${isFloat ? 'counts' : 'deltas'}`], isFloat);
  const zero = histogram[isFloat ? 'zero_count_float' : 'zero_count_int'] ?? 0;
  const count = histogram[isFloat ? 'count_float' : 'count_int'];
  return [
    `schema ${histogram.schema ?? 0} ${histogram.custom_values} zero ${histogram.zero_threshold ?? 0} ${zero}`,
    `count ${count} sum ${histogram.sum ?? 0} ${side('negative')} ${side('positive')}`,
  ].join(' ');
}

/** `index:count` of the buckets that are not empty. */
function bucketTexts(spans: Plain[], numbers: number[], isFloat: boolean): string {
  const texts: string[] = [];
  let [bucket, count, next] = [0, 0, 0];
  for (const { offset = 0, length = 0 } of spans) {
    bucket += offset;
    for (let i = 0; i < length; i++, bucket++) {
      count = isFloat ? numbers[next++]! : count + numbers[next++]!;
      if (count !== 0) texts.push(`${bucket}:${count}`);
    }
  }
  return texts.join();
}

async function exemplarsOf(url: string, from: number, to: number): Promise<Record<string, string[]>> {
  if (from > to) return {};
  const query = new URLSearchParams({
    query: '{__name__=~"life_.+"}',
    start: String(from / 1000),
    end: String(to / 1000),
  });
  const response = await request(`${url}/api/v1/query_exemplars?${query}`);
  const { data } = (await response.body.json()) as { data: { seriesLabels: object; exemplars: object[] }[] };
  const found: Record<string, string[]> = {};
  for (const { seriesLabels, exemplars } of data) {
    found[`exemplars of ${JSON.stringify(seriesLabels)}`] = exemplars.map((each) => JSON.stringify(each));
  }
  return found;
}
