import type { DiscoveryConfig } from '../discovery/discoverer.ts';
import { PARSED_PROTOCOLS } from '../exposition/negotiate.ts';
import {
  defaultHttpClientSettings,
  type HttpClientSettings,
  httpClientSettingsProblem,
} from '../http/client-settings.ts';
import type { NameValidationScheme } from '../model/name-validation.ts';
import { type RelabelConfig, relabelConfigProblem } from '../model/relabel.ts';

/**
 * One entry of `scrape_configs` after decoding and after the `global` section filled what it leaves open: what the
 * scrape manager runs on. Plain data; two of them are the same configuration when they are deeply equal.
 */
export interface ScrapeSettings {
  readonly jobName: string;
  readonly honorLabels: boolean;
  readonly honorTimestamps: boolean;
  /** Write staleness markers also for series whose samples carry explicit timestamps. */
  readonly trackTimestampsStaleness: boolean;
  /** Query parameters of the scrape URL. */
  readonly params: Readonly<Record<string, readonly string[]>>;
  readonly scrapeIntervalMs: number;
  /** At most `scrapeIntervalMs`. */
  readonly scrapeTimeoutMs: number;
  /** Offered in the Accept header, best first; formats that are not parsed yet are left out of the offer. */
  readonly scrapeProtocols: readonly ScrapeProtocol[];
  /** Taken where the target's Content-Type is absent or unknown; `null` fails such a scrape. */
  readonly fallbackScrapeProtocol: ScrapeProtocol | null;
  readonly scrapeNativeHistograms: boolean;
  readonly alwaysScrapeClassicHistograms: boolean;
  readonly convertClassicHistogramsToNhcb: boolean;
  /** Path of a file for failed scrapes as JSON lines; empty for none. */
  readonly scrapeFailureLogFile: string;
  readonly metricsPath: string;
  readonly scheme: string;
  readonly enableCompression: boolean;
  /** Bytes after decompression; a longer body fails the scrape. 0 for no limit. */
  readonly bodySizeLimit: number;
  /** Samples after metric relabelling; more fail the whole scrape. 0 for no limit. */
  readonly sampleLimit: number;
  /** Targets of the job; more fail every scrape of the job. 0 for no limit. */
  readonly targetLimit: number;
  /** Labels of a series after relabelling; more fail the scrape. 0 for no limit. */
  readonly labelLimit: number;
  /** Bytes of a label's name; longer ones fail the scrape. 0 for no limit. */
  readonly labelNameLengthLimit: number;
  /** Bytes of a label's value; longer ones fail the scrape. 0 for no limit. */
  readonly labelValueLengthLimit: number;
  readonly nativeHistogramBucketLimit: number;
  readonly nativeHistogramMinBucketFactor: number;
  /** Dropped targets that are remembered for the API. 0 for no limit. */
  readonly keepDroppedTargets: number;
  readonly metricNameValidationScheme: NameValidationScheme;
  readonly metricNameEscapingScheme: NameEscapingScheme;
  /** Also write `scrape_timeout_seconds`, `scrape_sample_limit` and `scrape_body_size_bytes`. */
  readonly extraScrapeMetrics: boolean;
  readonly httpClient: HttpClientSettings;
  /** What finds the targets; `static_configs` are one entry of kind `static`. */
  readonly discovery: readonly DiscoveryConfig[];
  readonly relabelConfigs: readonly RelabelConfig[];
  readonly metricRelabelConfigs: readonly RelabelConfig[];
}

export type ScrapeProtocol =
  | 'PrometheusProto'
  | 'PrometheusText0.0.4'
  | 'PrometheusText1.0.0'
  | 'OpenMetricsText0.0.1'
  | 'OpenMetricsText1.0.0';

export type NameEscapingScheme = 'allow-utf-8' | 'underscores' | 'dots' | 'values';

/** The offer where neither the job nor `global` names protocols. */
export const DEFAULT_SCRAPE_PROTOCOLS: readonly ScrapeProtocol[] = [
  'OpenMetricsText1.0.0',
  'OpenMetricsText0.0.1',
  'PrometheusText1.0.0',
  'PrometheusText0.0.4',
];

/** The offer of jobs that scrape native histograms, which only the protobuf format carries. */
export const DEFAULT_PROTO_FIRST_SCRAPE_PROTOCOLS: readonly ScrapeProtocol[] = [
  'PrometheusProto',
  ...DEFAULT_SCRAPE_PROTOCOLS,
];

/** What a job that says nothing but its name gets when `global` says nothing either. */
export const defaultScrapeSettings: Omit<ScrapeSettings, 'jobName'> = {
  honorLabels: false,
  honorTimestamps: true,
  trackTimestampsStaleness: false,
  params: {},
  scrapeIntervalMs: 60_000,
  scrapeTimeoutMs: 10_000,
  scrapeProtocols: DEFAULT_SCRAPE_PROTOCOLS,
  fallbackScrapeProtocol: null,
  scrapeNativeHistograms: false,
  alwaysScrapeClassicHistograms: false,
  convertClassicHistogramsToNhcb: false,
  scrapeFailureLogFile: '',
  metricsPath: '/metrics',
  scheme: 'http',
  enableCompression: true,
  bodySizeLimit: 0,
  sampleLimit: 0,
  targetLimit: 0,
  labelLimit: 0,
  labelNameLengthLimit: 0,
  labelValueLengthLimit: 0,
  nativeHistogramBucketLimit: 0,
  nativeHistogramMinBucketFactor: 0,
  keepDroppedTargets: 0,
  metricNameValidationScheme: 'utf8',
  metricNameEscapingScheme: 'allow-utf-8',
  extraScrapeMetrics: false,
  httpClient: defaultHttpClientSettings,
  discovery: [],
  relabelConfigs: [],
  metricRelabelConfigs: [],
};

/**
 * What is wrong with settings whose fields are each well formed: the reference's wording where it has one, a sentence
 * that names the option where Narthex does not build it yet. `null` when they can run.
 */
export function scrapeSettingsProblem(settings: ScrapeSettings): string | null {
  const job = JSON.stringify(settings.jobName);
  if (settings.scrapeTimeoutMs > settings.scrapeIntervalMs) {
    return `scrape timeout greater than scrape interval for scrape config with job name ${job}`;
  }
  if (settings.scrapeProtocols.length === 0) {
    return `scrape_protocols cannot be empty for scrape config with job name ${job}`;
  }
  if (new Set(settings.scrapeProtocols).size < settings.scrapeProtocols.length) {
    return `duplicated protocol in scrape_protocols, got [${settings.scrapeProtocols.join(' ')}] for scrape config with job name ${job}`;
  }
  if (settings.metricNameEscapingScheme === 'allow-utf-8' && settings.metricNameValidationScheme !== 'utf8') {
    return 'utf8 metric names requested but validation scheme is not set to UTF8';
  }
  for (const config of [...settings.relabelConfigs, ...settings.metricRelabelConfigs]) {
    const problem = relabelConfigProblem(config, settings.metricNameValidationScheme);
    if (problem !== null) return problem;
  }
  return httpClientSettingsProblem(settings.httpClient) ?? notBuiltYet(settings);
}

function notBuiltYet(settings: ScrapeSettings): string | null {
  const absent = (option: string) =>
    `${option} is not supported yet (scrape config with job name ${JSON.stringify(settings.jobName)})`;
  if (settings.scrapeNativeHistograms) return absent('scrape_native_histograms: true');
  if (settings.convertClassicHistogramsToNhcb) return absent('convert_classic_histograms_to_nhcb: true');
  const { fallbackScrapeProtocol, scrapeProtocols } = settings;
  if (fallbackScrapeProtocol !== null && !PARSED_PROTOCOLS.has(fallbackScrapeProtocol)) {
    return absent(`fallback_scrape_protocol: ${fallbackScrapeProtocol}`);
  }
  if (!scrapeProtocols.some((protocol) => PARSED_PROTOCOLS.has(protocol))) {
    return absent(`scrape_protocols without ${[...PARSED_PROTOCOLS].join(' or ')}`);
  }
  if (settings.scrapeFailureLogFile !== '') return absent('scrape_failure_log_file');
  return null;
}
