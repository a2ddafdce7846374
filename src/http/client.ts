import type { IncomingHttpHeaders } from 'node:http';
import type { Dispatcher } from 'undici';
import type { Clock } from '../std/clock.ts';
import { nodeHttp } from '../std/node-http.ts';
import { ClientConnections } from './client-connections.ts';
import { credentialHeaders } from './client-credentials.ts';
import { clientError, HttpClientError, type RequestPhase } from './client-error.ts';
import type { HttpClientSettings } from './client-settings.ts';

export interface HttpRequest {
  readonly method: 'GET' | 'POST';
  readonly url: string;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: Uint8Array | null;
  /** For the whole exchange, redirects and body included. */
  readonly timeoutMs: number;
  readonly signal: AbortSignal | null;
}

export interface HttpResponse {
  readonly status: number;
  /** `404 Not Found`; the usual phrase where the server sends none, as over HTTP/2. */
  readonly statusText: string;
  readonly headers: IncomingHttpHeaders;
}

/**
 * Takes an answer as it arrives. `chunk` may throw to give the answer up; `send` then rejects with what it threw. The
 * chunk's bytes must be copied if they are to be kept.
 */
export interface ResponseSink {
  head(response: HttpResponse): void;
  chunk(bytes: Uint8Array): void;
}

const REDIRECTS_MAX = 10;

/** An HTTP client with the shared settings: credentials, TLS, proxy, redirects, keep-alive and one deadline. */
export class HttpClient {
  readonly #settings: HttpClientSettings;
  readonly #clock: Clock;
  readonly #connections: ClientConnections;

  /** The settings must have passed `httpClientSettingsProblem`. */
  constructor(settings: HttpClientSettings, clock: Clock) {
    this.#settings = settings;
    this.#clock = clock;
    this.#connections = new ClientConnections(settings);
  }

  /**
   * Sends a request and hands the answer to `sink`; resolves when the answer is complete, whatever its status.
   *
   * @throws HttpClientError in the reference's words; what `sink` throws, unchanged
   */
  async send(request: HttpRequest, sink: ResponseSink): Promise<HttpResponse> {
    const exchange = new Exchange(request, this.#clock);
    try {
      return await this.#follow(exchange, request, sink);
    } finally {
      exchange.close();
    }
  }

  /** Closes connections; requests under way end first. */
  close(): void {
    this.#connections.close();
  }

  async #follow(exchange: Exchange, request: HttpRequest, sink: ResponseSink): Promise<HttpResponse> {
    const origin = parseUrl(request.url);
    let { method, body } = request;
    let url = request.url;
    for (let redirects = 0; ; redirects++) {
      const target = parseUrl(url);
      // Secrets and configured headers are for the host that was asked, not for where it points to.
      const own =
        target.host === origin.host ? await exchange.orFail(credentialHeaders(this.#settings), method, url) : {};
      const dispatcher = await exchange.orFail(this.#connections.dispatcher(), method, url);
      const options = dispatchOptions(url, target, method, body, { ...request.headers, ...own });
      const relay = new Relay(sink, this.#settings.followRedirects);
      const response = await exchange.run(dispatcher, options, url, relay);
      const location = response.headers.location;
      if (!relay.redirected || location === undefined) return response;
      url = new URL(location, target).href;
      if (redirects + 1 >= REDIRECTS_MAX) {
        const failure = new HttpClientError(`stopped after ${REDIRECTS_MAX} redirects`, 'TOO_MANY_REDIRECTS');
        throw clientError(failure, method, location, 'head');
      }
      if (response.status !== 307 && response.status !== 308 && method !== 'GET') {
        method = 'GET';
        body = null;
      }
    }
  }
}

function isRedirect(response: HttpResponse): boolean {
  const { status } = response;
  const redirects = status === 301 || status === 302 || status === 303 || status === 307 || status === 308;
  return redirects && response.headers.location !== undefined;
}

/** Passes an answer on, unless it is a redirect that will be followed. */
class Relay implements ResponseSink {
  readonly #sink: ResponseSink;
  readonly #follow: boolean;
  /** An answer has begun. */
  started = false;
  redirected = false;

  constructor(sink: ResponseSink, follow: boolean) {
    this.#sink = sink;
    this.#follow = follow;
  }

  head(response: HttpResponse): void {
    this.started = true;
    this.redirected = this.#follow && isRedirect(response);
    if (!this.redirected) this.#sink.head(response);
  }

  chunk(bytes: Uint8Array): void {
    if (!this.redirected) this.#sink.chunk(bytes);
  }
}

/** One deadline and one abort signal over all requests that a `send` takes. */
class Exchange {
  readonly #cancelTimer: () => void;
  readonly #signal: AbortSignal | null;
  readonly #onAbort: () => void;
  /** Why nothing more may happen: the deadline passed or the caller gave up. */
  #ended: HttpClientError | null = null;
  #fail: ((error: HttpClientError) => void) | null = null;

  constructor(request: HttpRequest, clock: Clock) {
    this.#cancelTimer = clock.after(request.timeoutMs, () => this.#end('TIMEOUT'));
    this.#signal = request.signal;
    this.#onAbort = () => this.#end('ABORTED');
    if (request.signal?.aborted === true) this.#end('ABORTED');
    request.signal?.addEventListener('abort', this.#onAbort);
  }

  close(): void {
    this.#cancelTimer();
    this.#signal?.removeEventListener('abort', this.#onAbort);
  }

  /** Waits for a preparation; its failure is worded as the request's. */
  async orFail<T>(preparation: Promise<T>, method: string, url: string): Promise<T> {
    try {
      return await preparation;
    } catch (error) {
      throw clientError(error, method, url, 'head');
    }
  }

  /** Runs one request; once more where a kept-alive connection turns out to be closed before any byte came back. */
  async run(
    dispatcher: Dispatcher,
    options: Dispatcher.DispatchOptions,
    url: string,
    relay: Relay,
  ): Promise<HttpResponse> {
    try {
      return await this.#runOnce(dispatcher, options, url, relay);
    } catch (error) {
      if (!(error instanceof HttpClientError) || !CLOSED_BEFORE_ANSWER.has(error.code) || options.method !== 'GET')
        throw error;
      if (relay.started) throw error;
      return this.#runOnce(dispatcher, options, url, relay);
    }
  }

  #runOnce(
    dispatcher: Dispatcher,
    options: Dispatcher.DispatchOptions,
    url: string,
    sink: ResponseSink,
  ): Promise<HttpResponse> {
    return new Promise<HttpResponse>((resolve, reject) => {
      let controller: Dispatcher.DispatchController | null = null;
      let response: HttpResponse | null = null;
      let phase: RequestPhase = 'head';
      let settled = false;
      const settle = (error: unknown) => {
        if (settled) return;
        settled = true;
        this.#fail = null;
        if (error === null) resolve(response!);
        else reject(error);
      };
      const giveUp = (error: unknown) => {
        settle(error);
        controller?.abort(error instanceof Error ? error : new Error(String(error)));
      };
      const fail = (error: unknown) => settle(clientError(error, options.method, url, phase));
      if (this.#ended !== null) return fail(this.#ended);
      this.#fail = (error) => giveUp(clientError(error, options.method, url, phase));
      dispatcher.dispatch(options, {
        onRequestStart(started) {
          controller = started;
          if (settled) started.abort(new Error('no longer wanted'));
        },
        onResponseStart(_, status, headers, reason) {
          if (settled || status < 200) return;
          phase = 'body';
          response = { status, statusText: `${status} ${reason || (nodeHttp.STATUS_CODES[status] ?? '')}`, headers };
          try {
            sink.head(response);
          } catch (error) {
            giveUp(error);
          }
        },
        onResponseData(_, chunk) {
          if (settled) return;
          try {
            sink.chunk(chunk);
          } catch (error) {
            giveUp(error);
          }
        },
        onResponseEnd: () => settle(null),
        onResponseError: (_, error) => fail(error),
      });
    });
  }

  #end(code: 'TIMEOUT' | 'ABORTED'): void {
    this.#ended = new HttpClientError('', code);
    this.#fail?.(this.#ended);
  }
}

const CLOSED_BEFORE_ANSWER: ReadonlySet<string> = new Set(['UND_ERR_SOCKET', 'ECONNRESET', 'EPIPE']);

function dispatchOptions(
  url: string,
  target: URL,
  method: 'GET' | 'POST',
  body: Uint8Array | null,
  headers: Record<string, string | string[]>,
): Dispatcher.DispatchOptions {
  return { origin: target.origin, path: pathOf(url, target), method, body, headers };
}

/** Path and query as written: `URL` would rewrite some of the characters. */
function pathOf(url: string, target: URL): string {
  const authority = /^[a-z]+:\/\/[^/?#]*/i.exec(url);
  if (authority === null) return `${target.pathname}${target.search}`;
  const path = url.slice(authority[0].length).split('#', 1)[0]!;
  return path.startsWith('/') ? path : `/${path}`;
}

function parseUrl(url: string): URL {
  try {
    return new URL(url);
  } catch (cause) {
    throw new HttpClientError(`parse ${JSON.stringify(url)}: invalid URL`, 'INVALID_URL', cause);
  }
}
