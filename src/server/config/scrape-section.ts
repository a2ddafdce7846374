import {
  type DecodeContext,
  field,
  list,
  mapOf,
  nullable,
  optional,
  type RecordOf,
  record,
  shown,
} from '../../config/decode.ts';
import { decimal, path, text, textNamed, toggle, unsigned } from '../../config/scalars.ts';
import { formatDuration } from '../../model/duration.ts';
import { goQuote } from '../../model/labels.ts';
import {
  DEFAULT_PROTO_FIRST_SCRAPE_PROTOCOLS,
  DEFAULT_SCRAPE_PROTOCOLS,
  type NameEscapingScheme,
  type ScrapeProtocol,
  type ScrapeSettings,
} from '../../scrape/scrape-config.ts';
import { discoveryFault, discoveryFields, discoveryFrom } from './discovery-section.ts';
import { duration } from './duration.ts';
import { limitFields, type RawGlobal, validationScheme } from './global-section.ts';
import { httpClientFault, httpClientFields, httpClientSettingsFrom } from './http-client-section.ts';
import { emptyRelabelFault, relabelConfigs, relabelConfigsFrom } from './relabel-section.ts';
import { isScrapeProtocol, scrapeProtocolProblem, scrapeProtocolsProblem } from './scrape-protocols.ts';

const protocol = textNamed('config.ScrapeProtocol');
const { keep_dropped_targets, ...otherLimits } = limitFields;

const scrapeFields = {
  job_name: shown(text),
  honor_labels: field(toggle),
  honor_timestamps: shown(toggle, true),
  track_timestamps_staleness: shown(toggle),
  params: field(mapOf(list(text))),
  scrape_interval: field(duration),
  scrape_timeout: field(duration),
  scrape_protocols: optional(list(protocol)),
  fallback_scrape_protocol: field(protocol),
  scrape_native_histograms: optional(toggle),
  always_scrape_classic_histograms: optional(toggle),
  convert_classic_histograms_to_nhcb: optional(toggle),
  scrape_failure_log_file: field(path),
  metrics_path: field(text, '/metrics'),
  scheme: field(text, 'http'),
  enable_compression: shown(toggle, true),
  ...otherLimits,
  native_histogram_bucket_limit: field(unsigned),
  native_histogram_min_bucket_factor: field(decimal),
  keep_dropped_targets,
  metric_name_validation_scheme: field(validationScheme),
  metric_name_escaping_scheme: field(text),
  extra_scrape_metrics: optional(toggle),
  ...httpClientFields,
  relabel_configs: field(relabelConfigs),
  metric_relabel_configs: field(relabelConfigs),
  ...discoveryFields,
};

export type RawScrapeConfig = RecordOf<typeof scrapeFields>;

/** `scrape_configs`, each as it is written; `scrapeSettingsFrom` joins them with `global`. */
export const scrapeConfigsCodec = list(
  nullable(
    record('config.ScrapeConfig', scrapeFields, (value, context) => {
      if (value.job_name === '') return context.fault(value, 'job_name is empty', 'job_name');
      return (
        httpClientFault(value, context) ??
        discoveryFault(value, value.relabel_configs.length > 0, context) ??
        emptyRelabelFault(
          value.relabel_configs,
          value,
          'empty or null target relabeling rule in scrape config',
          context,
        ) ??
        emptyRelabelFault(
          value.metric_relabel_configs,
          value,
          'empty or null metric relabeling rule in scrape config',
          context,
        )
      );
    }),
  ),
);

/**
 * The settings of a job: what it leaves open comes from `global`. The raw record is filled too, since it is what
 * `/api/v1/status/config` prints. Throws ConfigError.
 */
export function scrapeSettingsFrom(raw: RawScrapeConfig, global: RawGlobal, context: DecodeContext): ScrapeSettings {
  const job = goQuote(raw.job_name);
  raw.scrape_interval ||= global.scrape_interval;
  if (raw.scrape_timeout > raw.scrape_interval) {
    const found = `scrape_timeout is ${formatDuration(raw.scrape_timeout)}, scrape_interval ${formatDuration(raw.scrape_interval)}`;
    const message = `scrape timeout greater than scrape interval for scrape config with job name ${job} (${found})`;
    throw context.fault(raw, message, 'scrape_timeout');
  }
  raw.scrape_timeout ||= Math.min(global.scrape_timeout, raw.scrape_interval);
  for (const name of Object.keys(limitFields) as (keyof typeof limitFields)[]) raw[name] ||= global[name];
  raw.scrape_failure_log_file ||= global.scrape_failure_log_file;
  raw.scrape_native_histograms ??= global.scrape_native_histograms;
  raw.extra_scrape_metrics ??= global.extra_scrape_metrics;
  raw.convert_classic_histograms_to_nhcb ??= global.convert_classic_histograms_to_nhcb;
  raw.always_scrape_classic_histograms ??= global.always_scrape_classic_histograms;
  fillProtocols(raw, global, context);
  fillNames(raw, global, context);
  const scheme = raw.metric_name_validation_scheme || 'utf8';
  return {
    jobName: raw.job_name,
    honorLabels: raw.honor_labels,
    honorTimestamps: raw.honor_timestamps,
    trackTimestampsStaleness: raw.track_timestamps_staleness,
    params: raw.params,
    scrapeIntervalMs: raw.scrape_interval,
    scrapeTimeoutMs: raw.scrape_timeout,
    scrapeProtocols: raw.scrape_protocols as readonly ScrapeProtocol[],
    fallbackScrapeProtocol: isScrapeProtocol(raw.fallback_scrape_protocol) ? raw.fallback_scrape_protocol : null,
    scrapeNativeHistograms: raw.scrape_native_histograms ?? false,
    alwaysScrapeClassicHistograms: raw.always_scrape_classic_histograms,
    convertClassicHistogramsToNhcb: raw.convert_classic_histograms_to_nhcb,
    scrapeFailureLogFile: raw.scrape_failure_log_file,
    metricsPath: raw.metrics_path,
    scheme: raw.scheme,
    enableCompression: raw.enable_compression,
    bodySizeLimit: raw.body_size_limit,
    sampleLimit: raw.sample_limit,
    targetLimit: raw.target_limit,
    labelLimit: raw.label_limit,
    labelNameLengthLimit: raw.label_name_length_limit,
    labelValueLengthLimit: raw.label_value_length_limit,
    nativeHistogramBucketLimit: raw.native_histogram_bucket_limit,
    nativeHistogramMinBucketFactor: raw.native_histogram_min_bucket_factor,
    keepDroppedTargets: raw.keep_dropped_targets,
    metricNameValidationScheme: scheme,
    metricNameEscapingScheme: raw.metric_name_escaping_scheme as NameEscapingScheme,
    extraScrapeMetrics: raw.extra_scrape_metrics ?? false,
    httpClient: httpClientSettingsFrom(raw),
    discovery: discoveryFrom(raw),
    relabelConfigs: relabelConfigsFrom(raw.relabel_configs, scheme, context),
    metricRelabelConfigs: relabelConfigsFrom(raw.metric_relabel_configs, scheme, context),
  };
}

function fillProtocols(raw: RawScrapeConfig, global: RawGlobal, context: DecodeContext): void {
  const job = goQuote(raw.job_name);
  raw.scrape_protocols ??= global.scrape_protocols;
  raw.scrape_protocols ??= raw.scrape_native_histograms
    ? DEFAULT_PROTO_FIRST_SCRAPE_PROTOCOLS
    : DEFAULT_SCRAPE_PROTOCOLS;
  const problem = scrapeProtocolsProblem(raw.scrape_protocols);
  if (problem !== null)
    throw context.fault(raw, `${problem} for scrape config with job name ${job}`, 'scrape_protocols');
  const fallback = raw.fallback_scrape_protocol === '' ? null : scrapeProtocolProblem(raw.fallback_scrape_protocol);
  if (fallback !== null) {
    const message = `invalid fallback_scrape_protocol for scrape config with job name ${job}: ${fallback}`;
    throw context.fault(raw, message, 'fallback_scrape_protocol');
  }
}

const ESCAPING_SCHEMES: readonly string[] = [
  'allow-utf-8',
  'underscores',
  'dots',
  'values',
] satisfies NameEscapingScheme[];

/** Where only validation is named, escaping follows it: classic names can not be asked for as UTF-8. */
function fillNames(raw: RawScrapeConfig, global: RawGlobal, context: DecodeContext): void {
  const unknown = (whose: string, scheme: string) =>
    `unknown ${whose} name escaping method specified, must be one of 'allow-utf-8', 'underscores', 'dots', or 'values', got ${goQuote(scheme)}`;
  const natural = (scheme: string) => (scheme === 'legacy' ? 'underscores' : 'allow-utf-8');
  const globalEscaping = global.metric_name_escaping_scheme || natural(global.metric_name_validation_scheme);
  if (!ESCAPING_SCHEMES.includes(globalEscaping))
    throw context.fault(global, unknown('global', globalEscaping), 'metric_name_escaping_scheme');
  const own = raw.metric_name_validation_scheme;
  raw.metric_name_validation_scheme ||= global.metric_name_validation_scheme;
  raw.metric_name_escaping_scheme ||= own === '' ? globalEscaping : natural(own);
  if (!ESCAPING_SCHEMES.includes(raw.metric_name_escaping_scheme))
    throw context.fault(raw, unknown('scrape config', raw.metric_name_escaping_scheme), 'metric_name_escaping_scheme');
  if (raw.metric_name_escaping_scheme === 'allow-utf-8' && raw.metric_name_validation_scheme !== 'utf8')
    throw context.fault(
      raw,
      'utf8 metric names requested but validation scheme is not set to UTF8',
      'metric_name_escaping_scheme',
    );
}
