import { randomBytes } from 'node:crypto';
import type { IncomingMessage, ServerResponse } from 'node:http';
import { fastify } from 'fastify';
import { BodyBudget } from '../http/body.ts';
import { createWriteReceiver } from '../remote/write-receiver.ts';
import type { ApiDependencies } from './dependencies.ts';
import { createHttpMetrics } from './http-metrics.ts';
import { createListeners } from './listeners.ts';
import { routes } from './routes.ts';
import { send, serveDirectly, serveRoute } from './serve-route.ts';
import { answerUndecodable } from './undecodable.ts';
import { cleanPath, createUnmatched } from './unmatched.ts';

export interface HttpServer {
  /** Starts to serve on `host:port`, which may be called for several addresses; gives the address that was bound. */
  listen(address: string): Promise<string>;
  /** Stops accepting, lets running requests end for at most `graceMs`, then cuts them off. */
  close(graceMs: number): Promise<void>;
}

/** Bytes of bodies being received at once, over all connections; beyond it a sender is asked to come back (503). */
const BODY_BYTES_MAX = 512 * 1024 * 1024;

/** The HTTP API, the remote write receiver and the web page. */
export async function createHttpServer(deps: ApiDependencies): Promise<HttpServer> {
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
        messages: settings.remoteWriteMessages,
        hashSeed: randomBytes(4).readInt32LE(),
      })
    : null;
  const table = routes(deps, receiver, budget);
  const metrics = createHttpMetrics(registry);
  const unmatched = createUnmatched(table, prefix);

  const app = fastify({
    logger: false,
    exposeHeadRoutes: false,
    forceCloseConnections: false,
    // Label names in paths are as long as a header may be.
    routerOptions: { maxParamLength: 1024 * 1024, caseSensitive: true, ignoreTrailingSlash: false },
    frameworkErrors: (_error, request, reply) => {
      send(reply, answerUndecodable(request.raw.url ?? '/', prefix));
    },
  });
  // Bodies are read by the routes that want them, each with a limit of its own.
  app.removeAllContentTypeParsers();
  app.addContentTypeParser('*', (_request, _payload, done) => done(null));

  app.addHook('onRequest', async (request, reply) => {
    const { path, search } = splitUrl(request.raw.url ?? '/');
    if (cleanPath(path) !== path) send(reply, unmatched.answer(request.method, path, search));
  });
  app.setNotFoundHandler((request, reply) => {
    const { path, search } = splitUrl(request.raw.url ?? '/');
    send(reply, unmatched.answer(request.method, path, search));
  });
  app.setErrorHandler((error, request, reply) => {
    log.error('request failed', { method: request.method, url: request.url, error });
    reply.code(500).send();
  });
  /** By method and path, for requests that are meant for exactly that. */
  const direct = new Map<string, NonNullable<ReturnType<typeof serveDirectly>>>();
  for (const route of table) {
    const counted = metrics.route(route.path);
    const handler = serveDirectly(route, deps, budget, counted);
    if (handler !== null) for (const method of route.methods) direct.set(`${method} ${prefix}${route.path}`, handler);
    app.route({
      method: [...route.methods],
      url: prefix + route.path.replace(/\*.*/, '*'),
      handler: serveRoute(route, deps, budget, counted),
    });
  }
  await app.ready();

  const handle = (request: IncomingMessage, response: ServerResponse): void => {
    const handler = direct.get(`${request.method} ${splitUrl(request.url ?? '/').path}`);
    if (handler === undefined) app.routing(request, response);
    else void handler(request, response);
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
      await app.close();
    },
  };
}

function splitUrl(url: string): { path: string; search: string } {
  const mark = url.indexOf('?');
  return mark < 0 ? { path: url, search: '' } : { path: url.slice(0, mark), search: url.slice(mark + 1) };
}
