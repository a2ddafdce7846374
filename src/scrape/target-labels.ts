import { DurationSyntaxError, formatDuration, parseDuration } from '../model/duration.ts';
import { LabelBuilder } from '../model/label-builder.ts';
import { type Labels, labelsFromObject } from '../model/labels.ts';
import { type RelabelRule, relabel } from '../model/relabel.ts';
import type { ScrapeSettings } from './scrape-config.ts';

type LabelRecord = Readonly<Record<string, string>>;

/** A target that can not be scraped as it is configured; the message is the reference's. */
export class TargetError extends Error {
  override readonly name = 'TargetError';
}

const ADDRESS = '__address__';
const SCHEME = '__scheme__';
const METRICS_PATH = '__metrics_path__';
export const SCRAPE_INTERVAL = '__scrape_interval__';
export const SCRAPE_TIMEOUT = '__scrape_timeout__';
const PARAM_PREFIX = '__param_';
const META_PREFIX = '__meta_';

/** Switches that relabelling may set for a single target, with what an error calls them. */
const SWITCHES = [
  { label: '__convert_classic_histograms_to_nhcb__', description: 'convert classic histograms to nhcb' },
  { label: '__always_scrape_classic_histograms__', description: 'always scrape classic histograms' },
  { label: '__scrape_native_histograms__', description: 'scrape native histograms' },
] as const;

/** What discovery found, with the job's settings as labels beside it: what relabelling starts from. */
export function discoveredLabels(settings: ScrapeSettings, target: LabelRecord, group: LabelRecord): Labels {
  const labels: Record<string, string> = Object.assign(Object.create(null), group, target);
  const defaults: [name: string, value: string][] = [
    ['job', settings.jobName],
    [SCRAPE_INTERVAL, formatDuration(settings.scrapeIntervalMs)],
    [SCRAPE_TIMEOUT, formatDuration(settings.scrapeTimeoutMs)],
    [METRICS_PATH, settings.metricsPath],
    [SCHEME, settings.scheme],
    [SWITCHES[0].label, String(settings.convertClassicHistogramsToNhcb)],
    [SWITCHES[1].label, String(settings.alwaysScrapeClassicHistograms)],
    [SWITCHES[2].label, String(settings.scrapeNativeHistograms)],
  ];
  for (const [name, values] of Object.entries(settings.params)) {
    if (values.length > 0) defaults.push([PARAM_PREFIX + name, values[0]!]);
  }
  for (const [name, value] of defaults) if (!labels[name]) labels[name] = value;
  return labelsFromObject(labels);
}

/**
 * Relabels and completes what discovery found: the labels of a target, or `null` where relabelling drops it.
 *
 * @throws TargetError
 */
export function finalLabels(discovered: Labels, rules: readonly RelabelRule[]): Labels | null {
  const builder = new LabelBuilder(discovered);
  if (!relabel(builder, rules)) return null;
  const address = builder.get(ADDRESS);
  if (address === '') throw new TargetError('no address');
  if (address.includes('/')) throw new TargetError(`${JSON.stringify(address)} is not a valid hostname`);

  const interval = durationLabel(builder, SCRAPE_INTERVAL, 'interval');
  const timeout = durationLabel(builder, SCRAPE_TIMEOUT, 'timeout');
  if (timeout > interval) {
    const texts = [SCRAPE_TIMEOUT, SCRAPE_INTERVAL].map((name) => JSON.stringify(builder.get(name)));
    throw new TargetError(`scrape timeout cannot be greater than scrape interval (${texts.join(' > ')})`);
  }
  for (const { label, description } of SWITCHES) {
    const value = builder.get(label);
    if (value !== '' && !/^(?:1|t|T|TRUE|true|True|0|f|F|FALSE|false|False)$/.test(value)) {
      throw new TargetError(
        `error parsing ${description}: strconv.ParseBool: parsing ${JSON.stringify(value)}: invalid syntax`,
      );
    }
  }
  for (const [name, value] of builder.entries()) {
    if (name.startsWith(META_PREFIX)) builder.delete(name);
    else if (!value.isWellFormed()) {
      throw new TargetError(`invalid label value for ${JSON.stringify(name)}: ${JSON.stringify(value)}`);
    }
  }
  if (builder.get('instance') === '') builder.set('instance', address);
  return builder.labels();
}

function durationLabel(builder: LabelBuilder, name: string, what: 'interval' | 'timeout'): number {
  let ms: number;
  try {
    ms = parseDuration(builder.get(name));
  } catch (error) {
    if (!(error instanceof DurationSyntaxError)) throw error;
    throw new TargetError(`error parsing scrape ${what}: ${error.message}`, { cause: error });
  }
  if (ms === 0) throw new TargetError(`scrape ${what} cannot be 0`);
  return ms;
}

/** The URL that a target's labels and its job's parameters make. */
export function scrapeUrl(labels: Labels, params: ScrapeSettings['params']): string {
  const query = new Map<string, string[]>();
  for (const [name, values] of Object.entries(params)) query.set(name, [...values]);
  for (let i = 0; i < labels.pairs.length; i += 2) {
    if (!labels.pairs[i]!.startsWith(PARAM_PREFIX)) continue;
    const name = labels.pairs[i]!.slice(PARAM_PREFIX.length);
    const values = query.get(name);
    if (values === undefined || values.length === 0) query.set(name, [labels.pairs[i + 1]!]);
    else values[0] = labels.pairs[i + 1]!;
  }
  const encoded: string[] = [];
  for (const name of [...query.keys()].sort()) {
    for (const value of query.get(name)!) encoded.push(`${escapeQuery(name)}=${escapeQuery(value)}`);
  }
  const path = escapePath(labels.get(METRICS_PATH));
  const slash = path !== '' && !path.startsWith('/') ? '/' : '';
  const search = encoded.length > 0 ? `?${encoded.join('&')}` : '';
  return `${labels.get(SCHEME)}://${labels.get(ADDRESS)}${slash}${path}${search}`;
}

/** Go's `url.QueryEscape`: a blank is `+`, and `!'()*` are escaped too. */
function escapeQuery(text: string): string {
  return encodeURIComponent(text)
    .replace(/[!'()*]/g, (c) => `%${c.charCodeAt(0).toString(16).toUpperCase()}`)
    .replaceAll('%20', '+');
}

/** Go's escaping of a URL's path: `$&+,/:;=@` stay. */
function escapePath(text: string): string {
  return escapeQuery(text)
    .replaceAll('+', '%20')
    .replace(/%(?:24|26|2B|2C|2F|3A|3B|3D|40)/g, decodeURIComponent);
}
