import type { Labels } from '../model/labels.ts';
import type { Appender, SeriesRef } from '../storage/append.ts';
import { REPORT_METRICS } from './report-samples.ts';
import { reportLabels, type SampleLabeling, sampleLabels } from './sample-labels.ts';
import { SeriesCache } from './series-cache.ts';
import { SeriesKinds } from './series-kinds.ts';

/**
 * The series of one target between its scrapes: which there are, which are tracked for staleness, and the refs of the
 * samples that the scrape itself makes.
 *
 * A _pass_ is an attempt to ingest a body, a _round_ a finished scrape. A series whose `tracked` is the last finished
 * round was there last time; if the next round does not track it, it ended.
 */
export class TargetSeries {
  readonly cache: SeriesCache;
  readonly kinds = new SeriesKinds();
  readonly reportRefs = new Float64Array(REPORT_METRICS.length);
  pass = 1;
  /** The last pass that ended well. Entries not seen since then count as new when they come back. */
  successfulPass = 1;
  round = 1;
  /** Series tracked in `round`. */
  trackedCount = 0;
  /** Entries at the last success; the cache may double beyond it before it is flushed. */
  successfulCount = 0;

  constructor(seed: number) {
    this.cache = new SeriesCache(seed);
  }

  resolveReport(metric: number, targetLabels: Labels, appender: Appender): SeriesRef {
    const ref = appender.resolve(reportLabels(REPORT_METRICS[metric]!.name, targetLabels));
    this.reportRefs[metric] = ref;
    return ref;
  }

  /** Resolves an entry again whose ref the storage no longer knows; 0 where it would now be dropped. */
  resolveAgain(entry: number, labeling: SampleLabeling, appender: Appender): SeriesRef {
    const bytes = this.cache.key(entry);
    const kind = this.kinds.get(this.cache.kinds[entry]!);
    const labels = sampleLabels(bytes, 0, bytes.length, kind, labeling);
    const ref = labels === null ? 0 : appender.resolve(labels);
    this.cache.refs[entry] = ref;
    return ref;
  }

  /** Ends a round; `tracked` series were tracked in it. */
  endRound(tracked: number): void {
    this.round++;
    this.trackedCount = tracked;
  }
}
