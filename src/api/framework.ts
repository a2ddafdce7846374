import type { IncomingMessage, ServerResponse } from 'node:http';
import { setImmediate } from 'node:timers/promises';
import { fastify } from 'fastify';
import type { BodyBudget } from '../http/body.ts';
import type { ApiDependencies } from './dependencies.ts';
import type { RouteMetrics } from './http-metrics.ts';
import { API_PREFIX, type Route } from './routes.ts';
import { send, serveRoute } from './serve-route.ts';
import { answerUndecodable } from './undecodable.ts';
import { cleanPath, type Unmatched } from './unmatched.ts';
import { splitUrl } from './url.ts';

/** In a path that was sent: it stands between two segments like any other, so no label name in a path has one. */
const ESCAPED_SLASH = /%2f/i;
const ESCAPED_SLASHES = /%2f/gi;

const MEDIA_TYPE = /^\s*[^\s/;]+\/[^\s/;]+\s*(?:;|$)/;

/** Some milliseconds. */
const ROUTES_PER_TURN = 8;

export interface FrameworkParts {
  readonly deps: ApiDependencies;
  readonly budget: BodyBudget;
  /** Each route with what counts its requests. */
  readonly routes: readonly (readonly [Route, RouteMetrics])[];
  readonly unmatched: Unmatched;
  /** What every path begins with, without a slash at the end; empty for none. */
  readonly prefix: string;
}

export interface Framework {
  handle(request: IncomingMessage, response: ServerResponse): void;
  close(): Promise<void>;
}

/**
 * The routes by way of fastify: it finds those with parameters, sends streams, and hands whatever matches none to
 * `unmatched`. It is made in several turns of the event loop: nothing of this code has run before, so all of it is slow.
 */
export async function createFramework({ deps, budget, routes, unmatched, prefix }: FrameworkParts): Promise<Framework> {
  // What loading it has left of the turn is over.
  await setImmediate();
  const app = fastify({
    logger: false,
    exposeHeadRoutes: false,
    forceCloseConnections: false,
    // Label names in paths are as long as a header may be.
    routerOptions: { maxParamLength: 1024 * 1024, caseSensitive: true, ignoreTrailingSlash: false },
    frameworkErrors: (_error, request, reply) => {
      send(reply, answerUndecodable(request.method, request.raw.url ?? '/', prefix));
    },
  });
  await setImmediate();
  // Bodies are read by the routes that want them, each with a limit of its own.
  app.removeAllContentTypeParsers();
  app.addContentTypeParser('*', (_request, _payload, done) => done(null));

  const inApi = (path: string) => path.startsWith(`${prefix}${API_PREFIX}/`);
  app.addHook('onRequest', async (request, reply) => {
    const { path, search } = splitUrl(request.raw.url ?? '/');
    const { headers } = request.raw;
    // The framework would fail where the reference does not look.
    if (!MEDIA_TYPE.test(headers['content-type'] ?? '')) delete headers['content-type'];
    if (cleanPath(path) !== path) send(reply, unmatched.answer(request.method, path, search));
    else if (inApi(path) && request.method !== 'OPTIONS' && ESCAPED_SLASH.test(path)) {
      send(reply, unmatched.answerDecoded(request.method, path.replaceAll(ESCAPED_SLASHES, '/'), search));
    }
  });
  app.setNotFoundHandler((request, reply) => {
    const { path, search } = splitUrl(request.raw.url ?? '/');
    send(reply, unmatched.answer(request.method, path, search));
  });
  app.setErrorHandler((error, request, reply) => {
    deps.log.error('request failed', { method: request.method, url: request.url, err: error });
    reply.code(500).send();
  });
  for (const [index, [route, metrics]] of routes.entries()) {
    if (index % ROUTES_PER_TURN === 0) await setImmediate();
    app.route({
      method: [...route.methods],
      url: prefix + route.path.replace(/\*.*/, '*'),
      handler: serveRoute(route, deps, budget, metrics),
    });
  }
  await setImmediate();
  await app.ready();
  await setImmediate();
  return { handle: (request, response) => app.routing(request, response), close: () => app.close() };
}
