import { goFloatFixed } from '../../model/go-float.ts';
import { ApiError, type MatrixSeries } from './query-client.ts';
import { numberFrom } from './query-output.ts';

/** Buckets of one histogram that hold something, over its samples; `total`: all buckets that it ever had. */
export interface BucketStatistics {
  readonly min: number;
  readonly avg: number;
  readonly max: number;
  readonly total: number;
}

/** null where there are fewer than two samples. */
export function nativeStatistics({ histograms = [] }: MatrixSeries): BucketStatistics | null {
  if (histograms.length < 2) return null;
  const seen = new Set<string>();
  const populated = histograms.map(([, { buckets = [] }]) => {
    for (const [boundaries, lower, upper] of buckets) seen.add(`${boundaries} ${lower} ${upper}`);
    return buckets.length;
  });
  return statisticsOf(populated, seen.size);
}

/** Of the series of one classic histogram; null where there are fewer than two samples. Throws ApiError. */
export function classicStatistics(series: readonly MatrixSeries[]): BucketStatistics | null {
  const samples = series[0]!.values!.length;
  if (samples < 2) return null;
  const buckets = [...series].sort((a, b) => numberFrom(a.metric['le']!) - numberFrom(b.metric['le']!));
  const populated = Array.from({ length: samples }, (_, i) => populatedAt(buckets, i));
  return statisticsOf(populated, buckets.length);
}

/** How many buckets count more than the one below. From the first that has no such sample on all count as empty. */
function populatedAt(buckets: readonly MatrixSeries[], sample: number): number {
  let populated = 0;
  let below = 0;
  let time: number | null = null;
  for (const { values } of buckets) {
    const point = values![sample];
    if (point === undefined) break;
    if (time !== null && point[0] !== time) throw new ApiError('matrix result is not time aligned');
    time = point[0];
    const count = numberFrom(point[1]);
    if (Math.trunc(count - below) !== 0) populated++;
    below = count;
  }
  return populated;
}

function statisticsOf(populated: readonly number[], total: number): BucketStatistics {
  const sum = populated.reduce((a, b) => a + b, 0);
  return {
    min: populated.reduce((a, b) => Math.min(a, b), Infinity),
    avg: sum / populated.length,
    max: populated.reduce((a, b) => Math.max(a, b), 0),
    total,
  };
}

/** The least, mean and greatest of each statistic over many histograms. */
export class BucketCounts {
  readonly #rows: BucketStatistics[] = [];

  get count(): number {
    return this.#rows.length;
  }

  add(statistics: BucketStatistics): void {
    this.#rows.push(statistics);
  }

  text(): string {
    const of = (pick: (row: BucketStatistics) => number) => {
      const numbers = this.#rows.map(pick);
      const { min, avg, max } = statisticsOf(numbers, 0);
      return `${min}/${goFloatFixed(avg, 3)}/${max}`;
    };
    const [max, total] = [of((row) => row.max), of((row) => row.total)];
    const lines = [
      `histogram series (${this.count} in total):`,
      `- min populated: ${of(({ min }) => min)}`,
      `- avg populated: ${of(({ avg }) => Math.trunc(avg))}`,
      `- max populated: ${max}`,
    ];
    return [...lines, ...(max === total ? [] : [`- total: ${total}`])].join('\n');
  }
}
