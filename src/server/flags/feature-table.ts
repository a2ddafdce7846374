/** What Narthex does with a name given to `--enable-feature`. */
export type FeatureState =
  /** Does what the reference does. */
  | 'supported'
  /** The reference always has it on or no longer looks at it; so do we. */
  | 'always'
  /** What it is for is there in any case, in a way of our own. */
  | 'ours'
  /** Accepted with a warning: what it would change is not there yet. */
  | 'pending';

/** Every feature name that Prometheus 3.14 knows. */
export const FEATURES: Readonly<Record<string, FeatureState>> = {
  'auto-reload-config': 'supported',
  'concurrent-rule-eval': 'pending',
  'created-timestamp-zero-ingestion': 'supported',
  'delayed-compaction': 'supported',
  'exemplar-storage': 'supported',
  'extra-scrape-metrics': 'supported',
  'fast-startup': 'pending',
  'histograms-st-encoding': 'supported',
  'memory-snapshot-on-shutdown': 'ours',
  'metadata-wal-records': 'pending',
  'native-histograms': 'always',
  'old-ui': 'pending',
  'ooo-native-histograms': 'always',
  'otlp-deltatocumulative': 'pending',
  'otlp-native-delta-ingestion': 'pending',
  'promql-binop-fill-modifiers': 'supported',
  'promql-delayed-name-removal': 'supported',
  'promql-duration-expr': 'always',
  'promql-experimental-functions': 'supported',
  'promql-extended-range-selectors': 'supported',
  'promql-per-step-stats': 'supported',
  'search-api': 'pending',
  'st-storage': 'supported',
  'st-synthesis': 'pending',
  'type-and-unit-labels': 'supported',
  'use-start-timestamps': 'supported',
  'use-uncached-io': 'pending',
  'xor2-encoding': 'supported',
};

/** Names given to `--enable-feature`, one by one: each occurrence may hold several, separated by commas. */
export function featureNames(given: readonly string[]): string[] {
  return given.flatMap((text) => text.split(','));
}
