import type { HeadStatistics, NameAndCount } from '../api/dependencies.ts';
import { METRIC_NAME } from '../model/labels.ts';
import type { SeriesSet } from '../storage/query.ts';
import type { Database } from '../tsdb/tsdb.ts';

/** Lists are kept for so long: they take a look at every series. */
const KEPT_MS = 30_000;

/** What `/api/v1/status/tsdb` shows of the head. `now` is a clock in milliseconds that never jumps. */
export function createHeadStatistics(
  database: () => Database | null,
  now: () => number,
): (limit: number) => HeadStatistics {
  let counts: Counts = noCounts();
  let countedAt = Number.NEGATIVE_INFINITY;
  return (limit) => {
    const opened = database();
    if (opened !== null && now() - countedAt > KEPT_MS) {
      counts = count(opened);
      countedAt = now();
    }
    const head = opened?.stats().head;
    return {
      numSeries: head?.series ?? 0,
      numLabelPairs: head?.labelPairs ?? 0,
      chunkCount: head?.chunks ?? 0,
      minTime: finiteOrNull(head?.minTime),
      maxTime: finiteOrNull(head?.maxTime),
      seriesCountByMetricName: largest(counts.seriesByMetric, limit),
      labelValueCountByLabelName: largest(counts.valuesByName, limit),
      memoryInBytesByLabelName: largest(counts.bytesByName, limit),
      seriesCountByLabelValuePair: largest(counts.seriesByPair, limit),
    };
  };
}

interface Counts {
  readonly seriesByMetric: Map<string, number>;
  readonly valuesByName: Map<string, number>;
  readonly bytesByName: Map<string, number>;
  readonly seriesByPair: Map<string, number>;
}

function noCounts(): Counts {
  return { seriesByMetric: new Map(), valuesByName: new Map(), bytesByName: new Map(), seriesByPair: new Map() };
}

function count(database: Database): Counts {
  const range = { minTime: -Number.MAX_SAFE_INTEGER, maxTime: Number.MAX_SAFE_INTEGER };
  const querier = database.querier(range);
  try {
    const everything = [{ type: '=~', name: METRIC_NAME, value: '.*' }] as const;
    const series = querier.select({ matchers: everything, range, sorted: false, limit: 0 });
    // The head answers at once; a storage that has to wait has no place here.
    const counts = series instanceof Promise ? noCounts() : countSeries(series);
    for (const name of namesOf(querier.labelNames([], 0)))
      counts.valuesByName.set(name, namesOf(querier.labelValues(name, [], 0)).length);
    return counts;
  } finally {
    querier.close();
  }
}

function countSeries(series: SeriesSet): Counts {
  const counts = noCounts();
  const add = (map: Map<string, number>, key: string, by: number) => map.set(key, (map.get(key) ?? 0) + by);
  for (let row = 0; row < series.length; row++) {
    const { pairs } = series.labels(row);
    for (let i = 0; i < pairs.length; i += 2) {
      const name = pairs[i]!;
      const value = pairs[i + 1]!;
      if (name === METRIC_NAME) add(counts.seriesByMetric, value, 1);
      const pair = `${name}=${value}`;
      add(counts.seriesByPair, pair, 1);
      add(counts.bytesByName, name, storedBytes(name) + storedBytes(value));
    }
  }
  return counts;
}

function namesOf(names: readonly string[] | Promise<readonly string[]>): readonly string[] {
  return names instanceof Promise ? [] : names;
}

/** A text in a label set as the reference keeps it: its bytes behind their number, which takes one byte or four. */
function storedBytes(text: string): number {
  const bytes = Buffer.byteLength(text);
  return bytes + (bytes < 255 ? 1 : 4);
}

function largest(counts: ReadonlyMap<string, number>, limit: number): NameAndCount[] {
  return [...counts]
    .map(([name, value]) => ({ name, value }))
    .sort((a, b) => b.value - a.value || (a.name < b.name ? -1 : 1))
    .slice(0, limit);
}

function finiteOrNull(time: number | undefined): number | null {
  return time === undefined || !Number.isFinite(time) ? null : time;
}
