import type { IncomingMessage, ServerResponse } from 'node:http';
import { fastify } from 'fastify';
import type { BodyBudget } from '../http/body.ts';
import type { ApiDependencies } from './dependencies.ts';
import type { RouteMetrics } from './http-metrics.ts';
import type { Route } from './routes.ts';
import { send, serveRoute } from './serve-route.ts';
import { answerUndecodable } from './undecodable.ts';
import { cleanPath, type Unmatched } from './unmatched.ts';
import { splitUrl } from './url.ts';

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
 * `unmatched`.
 */
export async function createFramework({ deps, budget, routes, unmatched, prefix }: FrameworkParts): Promise<Framework> {
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
    deps.log.error('request failed', { method: request.method, url: request.url, error });
    reply.code(500).send();
  });
  for (const [route, metrics] of routes) {
    app.route({
      method: [...route.methods],
      url: prefix + route.path.replace(/\*.*/, '*'),
      handler: serveRoute(route, deps, budget, metrics),
    });
  }
  await app.ready();
  return { handle: (request, response) => app.routing(request, response), close: () => app.close() };
}
