/** What a scrape says about itself, in the order in which it is written. */
export const REPORT_METRICS = [
  { name: 'up', extra: false },
  { name: 'scrape_duration_seconds', extra: false },
  { name: 'scrape_samples_scraped', extra: false },
  { name: 'scrape_samples_post_metric_relabeling', extra: false },
  { name: 'scrape_series_added', extra: false },
  { name: 'scrape_timeout_seconds', extra: true },
  { name: 'scrape_sample_limit', extra: true },
  { name: 'scrape_body_size_bytes', extra: true },
] as const;

/** Report samples of a job without `extra_scrape_metrics`. */
export const PLAIN_REPORT_COUNT = REPORT_METRICS.filter((metric) => !metric.extra).length;

export interface ScrapeReport {
  readonly up: boolean;
  readonly durationSeconds: number;
  /** Samples in the body. */
  readonly scraped: number;
  /** Samples left after metric relabelling, refused ones included. */
  readonly added: number;
  readonly seriesAdded: number;
  readonly timeoutSeconds: number;
  readonly sampleLimit: number;
  /** Uncompressed; -1 for a body beyond its limit, 0 for other failures. */
  readonly bodyBytes: number;
}

/** The report's values in the order of `REPORT_METRICS`. */
export function reportValues(report: ScrapeReport): readonly number[] {
  return [
    report.up ? 1 : 0,
    report.durationSeconds,
    report.scraped,
    report.added,
    report.seriesAdded,
    report.timeoutSeconds,
    report.sampleLimit,
    report.bodyBytes,
  ];
}
