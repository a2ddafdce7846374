/** What each name of `FEATURES` does here, as `docs/flags.md` lists it. */
export const FEATURE_EFFECTS: Readonly<Record<string, string>> = {
  'auto-reload-config': 'as `--config.auto-reload`',
  'concurrent-rule-eval': 'nothing yet: accepted with a warning at start',
  'created-timestamp-zero-ingestion':
    'a scraped counter gets a zero at its start time, where that can follow its last sample; start times come from OpenMetrics text alone',
  'delayed-compaction':
    'the head waits for a random time before it is compacted, up to `--storage.tsdb.delayed-compaction.max-percent` of its range',
  'exemplar-storage': 'exemplars are kept and logged, as many as the configuration says; without it none',
  'extra-scrape-metrics': '`extra_scrape_metrics` is true where the configuration does not say',
  'fast-startup': 'nothing: accepted with a warning at start',
  'histograms-st-encoding': 'new chunks of histograms have start times; other servers than 3.14 can not read them',
  'memory-snapshot-on-shutdown':
    'nothing: an image of the head is written in any case where it saves much ([formats/head-image.md](formats/head-image.md)), ' +
    'and a snapshot that Prometheus left is read in any case',
  'metadata-wal-records':
    'nothing yet: accepted with a warning at start; what targets say of metrics is kept in a file of its own ' +
    '([formats/target-metadata.md](formats/target-metadata.md)), not in the log',
  'native-histograms': 'nothing, as in the reference: they are always taken',
  'old-ui': 'nothing: accepted with a warning at start',
  'ooo-native-histograms': 'nothing, as in the reference: late ones are taken as floats are',
  'otlp-deltatocumulative': 'nothing yet: accepted with a warning at start',
  'otlp-native-delta-ingestion': 'nothing yet: accepted with a warning at start',
  'promql-binop-fill-modifiers': 'queries may have `fill`, `fill_left` and `fill_right`',
  'promql-delayed-name-removal': 'metric names are dropped at the end of a query, not by each function',
  'promql-duration-expr': 'nothing, as in the reference: durations may be expressions in any case',
  'promql-experimental-functions': 'queries may have experimental functions and aggregations',
  'promql-extended-range-selectors': 'queries may have `anchored` and `smoothed`',
  'promql-per-step-stats': '`stats=all` tells the samples of each step',
  'search-api': 'nothing yet: accepted with a warning at start',
  'st-storage':
    'start times are taken from scrapes and logged with each sample. Chunks of floats have to be XOR2 (`xor2-encoding`, or the ' +
    'configuration): else the server does not start, as in the reference. Those of histograms have them with `histograms-st-encoding` alone',
  'st-synthesis': 'nothing yet: accepted with a warning at start',
  'type-and-unit-labels': 'scraped series get `__type__` and `__unit__`',
  'use-start-timestamps': '`rate`, `increase`, `irate`, `resets` and `start_timestamp` look at start times',
  'use-uncached-io': 'nothing: accepted with a warning at start',
  'xor2-encoding':
    'new chunks of floats are XOR2, where `storage.tsdb.chunk_encoding.floats` does not say otherwise; other servers than 3.14 can not read them',
};
