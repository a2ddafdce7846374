import { readFile } from 'node:fs/promises';
import type { Dispatcher } from 'undici';
import type { HttpClientSettings, TlsSettings, TlsVersion } from './client-settings.ts';

/** Connections to one host and port; further requests wait for a free one. */
const CONNECTIONS_MAX = 100;
/** How long an idle connection is kept: longer than any usual scrape interval, as in the reference. */
const IDLE_MS = 5 * 60_000;
/** Go takes 10 MiB; no exporter comes near 1 MiB. A larger head fails the request. */
const HEAD_BYTES_MAX = 1024 * 1024;
const CONNECT_MS_MAX = 30_000;

const TLS_VERSIONS: Readonly<Record<TlsVersion, 'TLSv1' | 'TLSv1.1' | 'TLSv1.2' | 'TLSv1.3'>> = {
  TLS10: 'TLSv1',
  TLS11: 'TLSv1.1',
  TLS12: 'TLSv1.2',
  TLS13: 'TLSv1.3',
};

/**
 * The connection pools of one client. Where certificates come from files, these are read before each request, and new
 * pools replace the old ones when a file has changed.
 */
export class ClientConnections {
  readonly #settings: HttpClientSettings;
  #current: Dispatcher | null = null;
  #material = '';

  constructor(settings: HttpClientSettings) {
    this.#settings = settings;
  }

  /** Throws where a file of the TLS settings can not be read. */
  async dispatcher(): Promise<Dispatcher> {
    const { tls } = this.#settings;
    const fromFiles = tls.caFile !== '' || tls.certFile !== '' || tls.keyFile !== '';
    if (this.#current !== null && !fromFiles) return this.#current;
    // Loaded with the first request: it takes some 30 ms, which a start has better use for.
    const undici = await import('undici');
    const pem = fromFiles ? await readPem(tls) : { ca: tls.ca, cert: tls.cert, key: tls.key };
    const material = JSON.stringify(pem);
    if (this.#current === null || material !== this.#material) {
      void this.#current?.close();
      this.#current = createDispatcher(undici, this.#settings, pem);
      this.#material = material;
    }
    return this.#current;
  }

  /** Closes idle connections now and the others when their requests end. */
  close(): void {
    void this.#current?.close();
    this.#current = null;
  }
}

interface Pem {
  readonly ca: string;
  readonly cert: string;
  readonly key: string;
}

async function readPem(tls: TlsSettings): Promise<Pem> {
  const read = (file: string, text: string, what: string) =>
    file === ''
      ? text
      : readFile(file, 'utf8').catch((cause: Error) => {
          throw new Error(`unable to load specified ${what} ${file}: ${cause.message}`, { cause });
        });
  return {
    ca: await read(tls.caFile, tls.ca, 'CA cert'),
    cert: await read(tls.certFile, tls.cert, 'client cert'),
    key: await read(tls.keyFile, tls.key, 'client key'),
  };
}

function createDispatcher(
  { Agent, ProxyAgent }: typeof import('undici'),
  settings: HttpClientSettings,
  pem: Pem,
): Dispatcher {
  const { tls } = settings;
  const secure = {
    rejectUnauthorized: !tls.insecureSkipVerify,
    ...(pem.ca !== '' && { ca: pem.ca }),
    ...(pem.cert !== '' && { cert: pem.cert }),
    ...(pem.key !== '' && { key: pem.key }),
    ...(tls.serverName !== '' && { servername: tls.serverName }),
    ...(tls.minVersion !== '' && { minVersion: TLS_VERSIONS[tls.minVersion] }),
    ...(tls.maxVersion !== '' && { maxVersion: TLS_VERSIONS[tls.maxVersion] }),
  };
  const options = {
    connections: CONNECTIONS_MAX,
    pipelining: 1,
    keepAliveTimeout: IDLE_MS,
    keepAliveMaxTimeout: IDLE_MS,
    maxHeaderSize: HEAD_BYTES_MAX,
    connectTimeout: CONNECT_MS_MAX,
    // Requests carry deadlines of their own, so that only one clock decides.
    headersTimeout: 0,
    bodyTimeout: 0,
    allowH2: settings.enableHttp2,
  };
  if (settings.proxyUrl === '') return new Agent({ ...options, connect: secure });
  return new ProxyAgent({ ...options, uri: settings.proxyUrl, requestTls: secure });
}
