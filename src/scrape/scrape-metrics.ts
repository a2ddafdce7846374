import type { Counter, Family, Gauge, Observer, Registry } from '../telemetry/registry.ts';

const QUANTILES = [0.01, 0.05, 0.5, 0.9, 0.99];
const SECONDS_BUCKETS = [0.01, 0.1, 1, 10];
/** The reference has one discovery manager for each consumer and tells them apart by this label. */
const SD_NAME = 'scrape';

/** The scrape part's own metrics, under the reference's names. */
export type ScrapeMetrics = ReturnType<typeof registerScrapeMetrics>;

/** Per job: entries and bytes of the metadata of its targets. */
export type MetadataSizes = () => Iterable<{ readonly job: string; readonly entries: number; readonly bytes: number }>;

/** Registers all of them; those without labels show as zero from now on. */
export function registerScrapeMetrics(registry: Registry, metadataSizes: MetadataSizes) {
  registerMetadataMetrics(registry, metadataSizes);
  return {
    ...lengthMetrics(registry),
    ...poolMetrics(registry),
    ...sampleMetrics(registry),
    ...discoveryMetrics(registry),
  };
}

/** The label values of a job's discovery metrics. */
export function discoveryLabels(job: string): [name: string, config: string] {
  return [SD_NAME, job];
}

function lengthMetrics(registry: Registry) {
  const summary = (name: string, help: string, label: string): Family<Observer> =>
    registry.summary({ name, help, labelNames: [label], quantiles: QUANTILES });
  const histogram = (name: string, help: string, label: string): Family<Observer> =>
    registry.histogram({ name, help, labelNames: [label], buckets: SECONDS_BUCKETS });
  const between = 'Seconds from one scrape of a target to the next.';
  const syncing = 'Seconds that it took to bring a scrape pool in line with its discovered targets.';
  return {
    intervalLength: summary('prometheus_target_interval_length_seconds', between, 'interval'),
    intervalLengthHistogram: histogram('prometheus_target_interval_length_histogram_seconds', between, 'interval'),
    reloadLength: summary(
      'prometheus_target_reload_length_seconds',
      'Seconds that it took to give a scrape pool a new configuration.',
      'interval',
    ),
    syncLength: summary('prometheus_target_sync_length_seconds', syncing, 'scrape_job'),
    syncLengthHistogram: histogram('prometheus_target_sync_length_histogram_seconds', syncing, 'scrape_job'),
    scrapeDuration: registry
      .histogram({
        name: 'prometheus_target_scrape_duration_seconds',
        help: 'Seconds from the start of a scrape until its samples were stored, for jobs with extra_scrape_metrics.',
        buckets: SECONDS_BUCKETS,
      })
      .with(),
  };
}

function poolMetrics(registry: Registry) {
  const counter = counterOf(registry);
  const gauge = (name: string, help: string): Family<Gauge> =>
    registry.gauge({ name, help, labelNames: ['scrape_job'] });
  const jobCounter = (name: string, help: string): Family<Counter> =>
    registry.counter({ name, help, labelNames: ['scrape_job'] });
  return {
    pools: counter('prometheus_target_scrape_pools_total', 'Scrape pools that were to be made.'),
    poolsFailed: counter('prometheus_target_scrape_pools_failed_total', 'Scrape pools that could not be made.'),
    poolReloads: counter('prometheus_target_scrape_pool_reloads_total', 'Times that a scrape pool was to be reloaded.'),
    poolReloadsFailed: counter(
      'prometheus_target_scrape_pool_reloads_failed_total',
      'Times that a scrape pool could not be reloaded.',
    ),
    poolExceededTargetLimit: counter(
      'prometheus_target_scrape_pool_exceeded_target_limit_total',
      'Times that a scrape pool had more targets than target_limit allows.',
    ),
    poolExceededLabelLimits: counter(
      'prometheus_target_scrape_pool_exceeded_label_limits_total',
      'Scrapes that failed because a series broke one of the label limits.',
    ),
    poolTargetLimit: gauge(
      'prometheus_target_scrape_pool_target_limit',
      'Targets that a scrape pool may have, 0 for any.',
    ),
    poolTargets: gauge('prometheus_target_scrape_pool_targets', 'Targets that a scrape pool has.'),
    poolSyncs: jobCounter(
      'prometheus_target_scrape_pool_sync_total',
      'Times that a scrape pool took discovered targets over.',
    ),
    syncFailed: jobCounter('prometheus_target_sync_failed_total', 'Discovered targets that could not be made.'),
  };
}

function sampleMetrics(registry: Registry) {
  const counter = counterOf(registry);
  counter(
    'prometheus_target_scrapes_exceeded_native_histogram_bucket_limit_total',
    'Scrapes that failed because a native histogram had too many buckets.',
  );
  counter('prometheus_target_scrapes_exemplar_out_of_order_total', 'Scraped exemplars refused as out of order.');
  return {
    exceededBodySizeLimit: counter(
      'prometheus_target_scrapes_exceeded_body_size_limit_total',
      'Scrapes that failed because the body was larger than body_size_limit.',
    ),
    exceededSampleLimit: counter(
      'prometheus_target_scrapes_exceeded_sample_limit_total',
      'Scrapes that failed because there were more samples than sample_limit allows.',
    ),
    commitsFailed: counter(
      'narthex_target_scrapes_not_stored_total',
      'Scrapes whose samples the storage did not take as a whole.',
    ),
    cacheFlushForced: counter(
      'prometheus_target_scrapes_cache_flush_forced_total',
      'Times that the series cache of a failing target grew too large and was flushed.',
    ),
    sampleDuplicate: counter(
      'prometheus_target_scrapes_sample_duplicate_timestamp_total',
      'Scraped samples refused because their series has another value at the same time.',
    ),
    sampleOutOfOrder: counter(
      'prometheus_target_scrapes_sample_out_of_order_total',
      'Scraped samples refused because they are older than the last one of their series.',
    ),
    sampleOutOfBounds: counter(
      'prometheus_target_scrapes_sample_out_of_bounds_total',
      'Scraped samples refused because they are too old or too far in the future.',
    ),
  };
}

function discoveryMetrics(registry: Registry) {
  const counter = (name: string, help: string): Counter =>
    registry.counter({ name, help, labelNames: ['name'] }).with(SD_NAME);
  const gauge = (name: string, help: string): Family<Gauge> =>
    registry.gauge({ name, help, labelNames: ['name', 'config'] });
  registry
    .gauge({
      name: 'prometheus_sd_failed_configs',
      help: 'Discovery configurations that could not be started.',
      labelNames: ['name'],
    })
    .with(SD_NAME)
    .set(0);
  return {
    discoveredTargets: gauge('prometheus_sd_discovered_targets', 'Targets that discovery has found.'),
    discoveryReceivedUpdates: counter('prometheus_sd_received_updates_total', 'Updates received from discovery.'),
    discoveryDelayedUpdates: counter(
      'prometheus_sd_updates_delayed_total',
      'Updates put off to be sent with later ones.',
    ),
    discoverySentUpdates: counter('prometheus_sd_updates_total', 'Updates passed on to the consumer of discovery.'),
    discoveryLastUpdate: gauge(
      'prometheus_sd_last_update_timestamp_seconds',
      'When the last update was passed on, in seconds since the epoch.',
    ),
  };
}

function registerMetadataMetrics(registry: Registry, metadataSizes: MetadataSizes): void {
  const labelNames = ['scrape_job'];
  registry.gaugesFrom(
    { name: 'prometheus_target_metadata_cache_entries', help: 'Metrics whose metadata is kept.', labelNames },
    function* () {
      for (const { job, entries } of metadataSizes()) yield [[job], entries] as const;
    },
  );
  registry.gaugesFrom(
    { name: 'prometheus_target_metadata_cache_bytes', help: 'Bytes of the metadata that is kept.', labelNames },
    function* () {
      for (const { job, bytes } of metadataSizes()) yield [[job], bytes] as const;
    },
  );
}

function counterOf(registry: Registry): (name: string, help: string) => Counter {
  return (name, help) => registry.counter({ name, help }).with();
}
