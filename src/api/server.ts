import { randomBytes } from 'node:crypto';
import type { IncomingMessage, ServerResponse } from 'node:http';
import { BodyBudget } from '../http/body.ts';
import { createWriteReceiver } from '../remote/write-receiver.ts';
import { loadCompiled } from '../std/compiled-code.ts';
import { turnsOf } from '../std/turns.ts';
import type { ApiDependencies } from './dependencies.ts';
import { DirectRoutes } from './direct-routes.ts';
import type { Framework } from './framework.ts';
import { createHttpMetrics } from './http-metrics.ts';
import { createListeners } from './listeners.ts';
import { routes } from './routes.ts';
import { serveDirectly } from './serve-route.ts';
import { createUnmatched } from './unmatched.ts';
import { splitUrl } from './url.ts';

export interface HttpServer {
  /** Starts to serve on `host:port`, which may be called for several addresses; gives the address that was bound. */
  listen(address: string): Promise<string>;
  /** Stops accepting, lets running requests end for at most `graceMs`, then cuts them off. */
  close(graceMs: number): Promise<void>;
}

/** Bytes of bodies being received at once, over all connections; beyond it a sender is asked to come back (503). */
const BODY_BYTES_MAX = 512 * 1024 * 1024;

/** What one turn of the event loop may take of a large remote write request, ms. */
const RECEIVE_PIECE_MS = 5;

/** The HTTP API, the remote write receiver and the web page. */
export function createHttpServer(deps: ApiDependencies): HttpServer {
  const { settings, registry, clock, log } = deps;
  const prefix = settings.routePrefix === '/' ? '' : settings.routePrefix;
  const budget = new BodyBudget(BODY_BYTES_MAX);
  const receiver = settings.enableRemoteWriteReceiver
    ? createWriteReceiver({
        appendable: deps.appendable,
        queryable: deps.headQueryable,
        clock,
        log: log.with({ component: 'remote write receiver' }),
        registry,
        turns: turnsOf(clock, RECEIVE_PIECE_MS),
        messages: settings.remoteWriteMessages,
        hashSeed: randomBytes(4).readInt32LE(),
      })
    : null;
  const table = routes(deps, receiver, budget);
  const metrics = createHttpMetrics(registry);
  const counted = table.map((route) => [route, metrics.route(route.path)] as const);

  const direct = new DirectRoutes(prefix);
  for (const [route, routeMetrics] of counted) {
    if (route.streams !== true) direct.add(route, serveDirectly(route, deps, budget, routeMetrics));
  }

  let framework: Framework | null = null;
  let loading: Promise<Framework> | null = null;
  /** With the first request that needs it: a start has better use for the 40 to 60 ms that loading it takes. */
  const load = (): Promise<Framework> => {
    loading ??= loadCompiled(() =>
      import('./framework.ts').then(({ createFramework }) =>
        createFramework({ deps, budget, routes: counted, unmatched: createUnmatched(table, prefix), prefix }),
      ),
    );
    return loading;
  };
  const handleLate = async (request: IncomingMessage, response: ServerResponse): Promise<void> => {
    try {
      framework = await load();
      framework.handle(request, response);
    } catch (error) {
      log.error('request failed', { method: request.method, url: request.url, err: error });
      response.destroy();
    }
  };
  const handle = (request: IncomingMessage, response: ServerResponse): void => {
    const found = direct.find(request.method ?? '', splitUrl(request.url ?? '/').path);
    if (found !== null) void found.handler(request, response, found.params);
    else if (framework !== null) framework.handle(request, response);
    else void handleLate(request, response);
  };
  const listeners = createListeners(handle, {
    connectionsMax: settings.connectionsMax,
    readTimeoutMs: settings.readTimeoutMs,
    onConnection: metrics.connectionAccepted,
    onClose: metrics.connectionClosed,
  });
  return {
    listen: listeners.listen,
    async close(graceMs) {
      await listeners.close(graceMs);
      await (await loading)?.close();
    },
  };
}
