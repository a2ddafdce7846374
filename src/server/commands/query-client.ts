import { readFileSync } from 'node:fs';
import { ConfigError } from '../../config/config-error.ts';
import { DecodeContext, record } from '../../config/decode.ts';
import { yamlFromText } from '../../config/yaml.ts';
import { HttpClient } from '../../http/client.ts';
import { HttpClientError } from '../../http/client-error.ts';
import type { HttpClientSettings } from '../../http/client-settings.ts';
import type { Clock } from '../../std/clock.ts';
import {
  httpClientFault,
  httpClientFields,
  httpClientSettingsFrom,
  unsupportedHttpClientSetting,
} from '../config/http-client-section.ts';
import { UsageError } from './run-command.ts';

export interface ApiClientOptions {
  readonly server: string;
  /** `KEY=VALUE` */
  readonly headers: readonly string[];
  readonly settingsFile: string | null;
  readonly clock: Clock;
}

export interface ApiAnswer {
  readonly data: unknown;
  readonly warnings: readonly string[];
}

/** The `data` of a query's answer. */
export type QueryData =
  | { readonly resultType: 'vector'; readonly result: readonly VectorSample[] }
  | { readonly resultType: 'matrix'; readonly result: readonly MatrixSeries[] }
  | { readonly resultType: 'scalar' | 'string'; readonly result: TimeAndText };

export type TimeAndText = readonly [time: number, value: string];
export type TimeAndHistogram = readonly [time: number, histogram: HistogramJson];

export interface VectorSample {
  readonly metric: Readonly<Record<string, string>>;
  readonly value?: TimeAndText;
  readonly histogram?: TimeAndHistogram;
}

export interface MatrixSeries {
  readonly metric: Readonly<Record<string, string>>;
  readonly values?: readonly TimeAndText[];
  readonly histograms?: readonly TimeAndHistogram[];
}

export interface HistogramJson {
  readonly count: string;
  readonly sum: string;
  readonly buckets?: readonly (readonly [boundaries: number, lower: string, upper: string, count: string])[];
}

/** A server that did not answer, or answered with an error. */
export class ApiError extends Error {
  override name = 'ApiError';
}

type Pairs = readonly (readonly [string, string])[];

const TIMEOUT_MS = 120_000;
const FORM = { 'content-type': 'application/x-www-form-urlencoded' };

/** Asks a server's HTTP API. */
export class ApiClient {
  readonly #client: HttpClient;
  /** Ends in `/api/v1/`. */
  readonly #base: string;
  readonly #headers: Readonly<Record<string, string>>;

  /** Throws UsageError for a server, header or file that can not be used. */
  static open({ server, headers, settingsFile, clock }: ApiClientOptions): ApiClient {
    const url = serverUrl(server);
    const hasUser = url.username !== '';
    if (hasUser && settingsFile !== null) {
      throw new UsageError(
        'Cannot set base auth in the server URL and use a http.config.file at the same time',
        'drop one',
      );
    }
    const settings = settingsFrom(settingsFile);
    const basicAuth = { username: decodeURIComponent(url.username), password: decodeURIComponent(url.password) };
    const client = new HttpClient(
      hasUser ? { ...settings, basicAuth: { ...basicAuth, usernameFile: '', passwordFile: '' } } : settings,
      clock,
    );
    url.username = '';
    url.password = '';
    const base = `${url.origin}${url.pathname.replace(/\/+$/, '')}/api/v1/`;
    return new ApiClient(client, base, Object.fromEntries(headers.map(headerFromText)));
  }

  private constructor(client: HttpClient, base: string, headers: Readonly<Record<string, string>>) {
    this.#client = client;
    this.#base = base;
    this.#headers = headers;
  }

  /** Throws ApiError. */
  get(path: string, pairs: Pairs): Promise<ApiAnswer> {
    return this.#answer('GET', `${path}?${formText(pairs)}`, null);
  }

  /** Posts, and asks again by GET where the server takes no POST. Throws ApiError. */
  async post(path: string, pairs: Pairs): Promise<ApiAnswer> {
    try {
      return await this.#answer('POST', path, formText(pairs));
    } catch (error) {
      if (!(error instanceof PostRefused)) throw error;
      return this.get(path, pairs);
    }
  }

  close(): void {
    this.#client.close();
  }

  async #answer(method: 'GET' | 'POST', path: string, form: string | null): Promise<ApiAnswer> {
    const chunks: Uint8Array[] = [];
    try {
      const { status } = await this.#client.send(
        {
          method,
          url: this.#base + path,
          headers: form === null ? this.#headers : { ...this.#headers, ...FORM },
          body: form === null ? null : new TextEncoder().encode(form),
          timeoutMs: TIMEOUT_MS,
          signal: null,
        },
        { head() {}, chunk: (bytes) => chunks.push(bytes.slice()) },
      );
      if (method === 'POST' && (status === 403 || status === 405 || status === 501)) throw new PostRefused();
      return answerFrom(status, Buffer.concat(chunks).toString('utf8'));
    } catch (error) {
      if (error instanceof HttpClientError) throw new ApiError(error.message, { cause: error });
      throw error;
    }
  }
}

class PostRefused extends Error {}

function answerFrom(status: number, text: string): ApiAnswer {
  if (Math.trunc(status / 100) !== 2 && status !== 400 && status !== 422) {
    const detail = text.trim() === '' ? '' : ` (detail: ${text.trim()})`;
    throw new ApiError(`${statusProblem(status)}${detail}`);
  }
  let answer: { status?: string; data?: unknown; errorType?: string; error?: string; warnings?: string[] };
  try {
    answer = JSON.parse(text);
  } catch (error) {
    throw new ApiError(`bad_response: ${(error as Error).message}`, { cause: error });
  }
  if (answer.status === 'error') throw new ApiError(`${answer.errorType}: ${answer.error}`);
  if (answer.status !== 'success') throw new ApiError('bad_response: the answer is not of the Prometheus API');
  return { data: answer.data, warnings: answer.warnings ?? [] };
}

function statusProblem(status: number): string {
  if (status >= 400 && status < 500) return `client_error: client error: ${status}`;
  if (status >= 500 && status < 600) return `server_error: server error: ${status}`;
  return `bad_response: bad response code ${status}`;
}

function formText(pairs: Pairs): string {
  return new URLSearchParams(pairs.map(([name, value]): [string, string] => [name, value])).toString();
}

function serverUrl(text: string): URL {
  const withScheme = text.includes('://') ? text : `http://${text}`;
  if (URL.canParse(withScheme)) {
    const url = new URL(withScheme);
    if (url.protocol === 'http:' || url.protocol === 'https:') return url;
  }
  throw new UsageError(`'${text}' is no URL of a server`, 'write http://host:port');
}

function headerFromText(text: string): [string, string] {
  const equals = text.indexOf('=');
  if (equals > 0) return [text.slice(0, equals), text.slice(equals + 1)];
  throw new UsageError(`expected KEY=VALUE got '${text}'`, 'try --help');
}

const settingsCodec = record('config.plain', httpClientFields);

function settingsFrom(file: string | null): HttpClientSettings {
  if (file === null) return httpClientSettingsFrom(settingsCodec.zero);
  try {
    const context = new DecodeContext(file);
    const tree = yamlFromText(file, readFileSync(file, 'utf8'));
    if (tree === null) return httpClientSettingsFrom(settingsCodec.zero);
    const raw = settingsCodec.decode(tree, context);
    context.throwProblems();
    const fault = httpClientFault(raw, context);
    if (fault !== null) throw fault;
    const unsupported = unsupportedHttpClientSetting(raw);
    if (unsupported !== null) throw context.fault(raw, `${unsupported} is not supported yet`);
    return httpClientSettingsFrom(raw);
  } catch (error) {
    if (!(error instanceof ConfigError) && (error as NodeJS.ErrnoException).code === undefined) throw error;
    throw new UsageError(`Failed to load HTTP config file: ${(error as Error).message}`, 'correct it');
  }
}
