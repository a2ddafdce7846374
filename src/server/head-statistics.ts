import type { HeadStatistics } from '../api/dependencies.ts';
import type { LabelStatistics } from '../tsdb/head/label-statistics.ts';
import type { Database } from '../tsdb/tsdb.ts';

/** Lists are kept for so long: they take a look at every label value. */
const KEPT_MS = 30_000;

const NO_STATISTICS: LabelStatistics = { seriesByMetric: [], valuesByName: [], bytesByName: [], seriesByPair: [] };

/** What `/api/v1/status/tsdb` shows of the head. `now` is a clock in milliseconds that never jumps. */
export function createHeadStatistics(
  database: () => Database | null,
  now: () => number,
): (limit: number) => Promise<HeadStatistics> {
  let kept: { limit: number; at: number; lists: Promise<LabelStatistics> } | null = null;
  return async (limit) => {
    const opened = database();
    if (opened !== null && (kept === null || kept.limit < limit || now() - kept.at > KEPT_MS)) {
      kept = { limit, at: now(), lists: Promise.resolve(opened.labelStatistics(limit)) };
    }
    const lists = (await kept?.lists) ?? NO_STATISTICS;
    const head = opened?.stats().head;
    return {
      numSeries: head?.series ?? 0,
      numLabelPairs: head?.labelPairs ?? 0,
      chunkCount: head?.chunks ?? 0,
      minTime: finiteOrNull(head?.minTime),
      maxTime: finiteOrNull(head?.maxTime),
      seriesCountByMetricName: lists.seriesByMetric.slice(0, limit),
      labelValueCountByLabelName: lists.valuesByName.slice(0, limit),
      memoryInBytesByLabelName: lists.bytesByName.slice(0, limit),
      seriesCountByLabelValuePair: lists.seriesByPair.slice(0, limit),
    };
  };
}

function finiteOrNull(time: number | undefined): number | null {
  return time === undefined || !Number.isFinite(time) ? null : time;
}
