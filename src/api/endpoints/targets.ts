import type { Call } from '../call.ts';
import type { ActiveTarget, ApiSettings, DroppedTarget } from '../dependencies.ts';
import { type ApiResult, data } from '../envelope.ts';
import { arrayJson, floatJson, jsonText, labelsJson, objectJson, timeJson } from '../json.ts';
import { labelsPredicate } from '../selectors.ts';
import { countLimit } from './metadata.ts';

/** GET /api/v1/targets. `state` and `scrapePool` are read from the URL only. */
export function targets({ deps, query }: Call): ApiResult {
  const pool = query.get('scrapePool');
  const state = query.get('state').toLowerCase();
  const showActive = state === '' || state === 'any' || state === 'active';
  const showDropped = state === '' || state === 'any' || state === 'dropped';
  const ofPool = <T extends { readonly scrapePool: string }>(list: readonly T[]): T[] =>
    list.filter((target) => pool === '' || target.scrapePool === pool).sort(byPool);

  const active = showActive ? ofPool(deps.targets.active()) : [];
  const dropped = showDropped ? ofPool(deps.targets.dropped()) : [];
  return data(
    objectJson({
      activeTargets: arrayJson(active.map((target) => activeJson(target, deps.settings))),
      droppedTargets: arrayJson(dropped.map(droppedJson)),
      droppedTargetCounts: showDropped ? jsonText(deps.targets.droppedCounts()) : 'null',
    }).text,
  );
}

/** GET /api/v1/scrape_pools */
export function scrapePools({ deps }: Call): ApiResult {
  return data(jsonText({ scrapePools: [...deps.targets.pools()].sort() }));
}

/** GET /api/v1/targets/metadata */
export function targetMetadata({ deps, form }: Call): ApiResult {
  const limit = countLimit(form.get('limit'), 'limit');
  const selector = form.get('match_target');
  const accepts = selector === '' ? null : labelsPredicate(selector, 'match_target');
  const wanted = form.get('metric');
  const entries: string[] = [];
  for (const target of deps.targets.active()) {
    if (limit >= 0 && entries.length >= limit) break;
    if (accepts !== null && !accepts(target.labels)) continue;
    for (const entry of target.metadata()) {
      if (wanted !== '' && entry.metric !== wanted) continue;
      entries.push(
        objectJson({
          target: labelsJson(target.labels),
          ...(wanted === '' ? { metric: jsonText(entry.metric) } : {}),
          type: jsonText(entry.type),
          help: jsonText(entry.help),
          unit: jsonText(entry.unit),
        }).text,
      );
    }
  }
  return data(arrayJson(entries));
}

function byPool(a: { readonly scrapePool: string }, b: { readonly scrapePool: string }): number {
  return a.scrapePool < b.scrapePool ? -1 : a.scrapePool > b.scrapePool ? 1 : 0;
}

function activeJson(target: ActiveTarget, settings: ApiSettings): string {
  return objectJson({
    discoveredLabels: labelsJson(target.discoveredLabels),
    labels: labelsJson(target.labels),
    scrapePool: jsonText(target.scrapePool),
    scrapeUrl: jsonText(target.scrapeUrl),
    globalUrl: jsonText(globalUrl(target.scrapeUrl, settings)),
    lastError: jsonText(target.lastError),
    lastScrape: timeJson(target.lastScrape),
    lastScrapeDuration: floatJson(target.lastScrapeDurationSeconds),
    health: jsonText(target.health),
    scrapeInterval: jsonText(target.scrapeInterval),
    scrapeTimeout: jsonText(target.scrapeTimeout),
  }).text;
}

function droppedJson(target: DroppedTarget): string {
  return objectJson({
    discoveredLabels: labelsJson(target.discoveredLabels),
    scrapePool: jsonText(target.scrapePool),
  }).text;
}

const HERE = ['127.0.0.1', 'localhost', '::1'];

/**
 * The address under which somebody elsewhere reaches a target: where it runs on this very host, the host of the
 * external URL takes its place, and if it is this server itself, scheme and port as well.
 */
export function globalUrl(scrapeUrl: string, settings: Pick<ApiSettings, 'externalUrl' | 'listenAddress'>): string {
  const parts = /^([^:]+):\/\/([^/?#]*)(.*)$/.exec(scrapeUrl);
  if (parts === null) return scrapeUrl;
  const [, , authority, rest] = parts as unknown as [string, string, string, string];
  const { host, port } = splitHostPort(authority);
  if (!HERE.includes(host)) return scrapeUrl;
  const { externalUrl } = settings;
  if (port !== '' && port === splitHostPort(settings.listenAddress).port) {
    return `${externalUrl.protocol}//${externalUrl.host}${rest}`;
  }
  const outside = splitHostPort(externalUrl.host).host;
  return `${parts[1]}://${port === '' ? outside : joinHostPort(outside, port)}${rest}`;
}

function splitHostPort(authority: string): { host: string; port: string } {
  const match = /^(?:\[([^\]]*)\]|([^:]*))(?::(\d*))?$/.exec(authority);
  if (match === null) return { host: authority, port: '' };
  return { host: match[1] ?? match[2] ?? '', port: match[3] ?? '' };
}

function joinHostPort(host: string, port: string): string {
  return host.includes(':') ? `[${host}]:${port}` : `${host}:${port}`;
}
