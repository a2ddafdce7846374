import type { BodyBudget } from '../http/body.ts';
import type { WriteReceiver } from '../remote/write-receiver.ts';
import type { Endpoint, Handler } from './call.ts';
import type { ApiDependencies } from './dependencies.ts';
import * as admin from './endpoints/admin.ts';
import { explain } from './endpoints/explain.ts';
import { federate } from './endpoints/federate.ts';
import * as management from './endpoints/management.ts';
import { metricMetadata } from './endpoints/metadata.ts';
import { labelNames, labelValues, series } from './endpoints/metadata-queries.ts';
import { liveNotifications, notifications } from './endpoints/notifications.ts';
import { ownMetrics } from './endpoints/own-metrics.ts';
import { query, queryRange } from './endpoints/query.ts';
import { formatQuery, parseQuery, queryExemplars } from './endpoints/query-text.ts';
import { remoteRead } from './endpoints/remote-read.ts';
import { remoteWrite } from './endpoints/remote-write.ts';
import { alertmanagers, alerts, rules } from './endpoints/rules.ts';
import * as status from './endpoints/status.ts';
import { scrapePools, targetMetadata, targets } from './endpoints/targets.ts';
import * as unsupported from './endpoints/unsupported.ts';
import { asset, page, rootFile, userAsset } from './static-files.ts';

export type Method = 'GET' | 'HEAD' | 'POST' | 'PUT' | 'OPTIONS';

/**
 * How a route is answered.
 * - `api`: JSON envelope, CORS, compression, form bodies; 503 until the storage is open.
 * - `early`: JSON envelope and CORS, also before the storage is open.
 * - `ready`: an answer of its own; 503 until the storage is open. `plain`: the same, at any time.
 */
export type Serve =
  | { readonly kind: 'api' | 'early'; readonly endpoint: Endpoint }
  | { readonly kind: 'ready' | 'plain'; readonly handler: Handler };

export interface Route {
  readonly methods: readonly Method[];
  /** `:name` is one segment, `*name` the rest of the path. Also the value of the metrics' `handler` label. */
  readonly path: string;
  readonly serve: Serve;
  /** Its answer may be a stream. */
  readonly streams?: true;
}

/** Paths under this prefix are matched, redirected and preflighted as a tree of their own. */
export const API_PREFIX = '/api/v1';

/** Everything that the server answers. */
export function routes(deps: ApiDependencies, receiver: WriteReceiver | null, budget: BodyBudget): readonly Route[] {
  const GET: readonly Method[] = ['GET'];
  const GET_HEAD: readonly Method[] = ['GET', 'HEAD'];
  const GET_POST: readonly Method[] = ['GET', 'POST'];
  const POST_PUT: readonly Method[] = ['POST', 'PUT'];
  const { healthy, ready, reload, quit, postOrPutOnly, version, home, graph } = management;

  return [
    api(['OPTIONS'], '/*path', () => ({ kind: 'nothing' })),
    api(GET_POST, '/query', query),
    api(GET_POST, '/query_range', queryRange),
    api(GET_POST, '/query_exemplars', queryExemplars),
    api(GET_POST, '/format_query', formatQuery),
    api(GET_POST, '/parse_query', parseQuery),
    api(GET_POST, '/explain', explain),
    api(GET_POST, '/labels', labelNames),
    api(GET, '/label/:name/values', labelValues),
    api(GET_POST, '/series', series),
    api(GET, '/metadata', metricMetadata),
    api(GET, '/scrape_pools', scrapePools),
    api(GET, '/scrape_pools/config', unsupported.poolConfiguration),
    api(GET, '/targets', targets),
    api(GET, '/targets/metadata', targetMetadata),
    api(GET, '/targets/relabel_steps', unsupported.poolConfiguration),
    api(GET, '/alertmanagers', alertmanagers),
    api(GET, '/alerts', alerts),
    api(GET, '/rules', rules),
    api(GET, '/status/config', status.configuration),
    api(GET, '/status/runtimeinfo', status.runtimeInfo),
    api(GET, '/status/buildinfo', status.buildInfo),
    api(GET, '/status/flags', status.flags),
    api(GET, '/status/tsdb', status.tsdb),
    api(GET, '/status/tsdb/blocks', status.blocks),
    api(GET, '/status/self_metrics', unsupported.selfMetrics),
    early(GET, '/status/walreplay', status.walReplay),
    api(GET, '/features', status.features),
    early(GET, '/notifications', notifications),
    { ...plain(GET, '/api/v1/notifications/live', liveNotifications), streams: true },
    whenReady(GET, '/api/v1/openapi.yaml', unsupported.openApi),
    early(GET_POST, '/search/metric_names', unsupported.search),
    early(GET_POST, '/search/label_names', unsupported.search),
    early(GET_POST, '/search/label_values', unsupported.search),
    whenReady(['POST'], '/api/v1/write', remoteWrite(receiver, budget)),
    { ...whenReady(['POST'], '/api/v1/read', remoteRead(deps, budget)), streams: true },
    whenReady(['POST'], '/api/v1/otlp/v1/metrics', unsupported.otlp),
    api(POST_PUT, '/admin/tsdb/delete_series', admin.deleteSeries),
    api(POST_PUT, '/admin/tsdb/clean_tombstones', admin.cleanTombstones),
    api(POST_PUT, '/admin/tsdb/snapshot', admin.snapshot),

    plain(GET, '/', home),
    plain(GET, '/graph', graph),
    plain(GET, '/version', version),
    plain(GET, '/metrics', ownMetrics),
    whenReady(GET, '/federate', federate(deps.registry)),
    whenReady(GET, '/consoles/*filepath', unsupported.consoles),
    plain(GET, '/query', page),
    plain(GET, '/alerts', page),
    plain(GET, '/rules', page),
    plain(GET, '/targets', page),
    plain(GET, '/service-discovery', page),
    plain(GET, '/alertmanager-discovery', page),
    plain(GET, '/tsdb-status', page),
    plain(GET, '/config', page),
    plain(GET, '/flags', page),
    plain(GET, '/status', page),
    plain(GET, '/favicon.svg', rootFile),
    plain(GET, '/favicon.ico', rootFile),
    plain(GET, '/manifest.json', rootFile),
    plain(GET, '/assets/*filepath', asset),
    ...(deps.settings.userAssets === null ? [] : [plain(GET, '/user/*filepath', userAsset)]),
    plain(GET_POST, '/debug/*subpath', unsupported.debug),
    plain(GET_HEAD, '/-/healthy', healthy),
    whenReady(GET_HEAD, '/-/ready', ready),
    plain(POST_PUT, '/-/reload', reload),
    plain(POST_PUT, '/-/quit', quit),
    plain(GET, '/-/reload', postOrPutOnly),
    plain(GET, '/-/quit', postOrPutOnly),
  ];
}

function api(methods: readonly Method[], path: string, endpoint: Endpoint): Route {
  return { methods, path: API_PREFIX + path, serve: { kind: 'api', endpoint } };
}

function early(methods: readonly Method[], path: string, endpoint: Endpoint): Route {
  return { methods, path: API_PREFIX + path, serve: { kind: 'early', endpoint } };
}

function whenReady(methods: readonly Method[], path: string, handler: Handler): Route {
  return { methods, path, serve: { kind: 'ready', handler } };
}

function plain(methods: readonly Method[], path: string, handler: Handler): Route {
  return { methods, path, serve: { kind: 'plain', handler } };
}
