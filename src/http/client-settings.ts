import { RESERVED_HEADERS } from './reserved-headers.ts';

/**
 * How an HTTP client connects and proves who it is: the block that scraping, discovery, alerting and remote write share
 * in the configuration file. The legacy `bearer_token` and `bearer_token_file` are decoded into `authorization`.
 */
export interface HttpClientSettings {
  readonly basicAuth: BasicAuth | null;
  readonly authorization: Authorization | null;
  readonly tls: TlsSettings;
  readonly followRedirects: boolean;
  readonly enableHttp2: boolean;
  /** `http://` or `https://` URL of a proxy; empty for none. */
  readonly proxyUrl: string;
  /** Comma separated hosts, domains, addresses and CIDR ranges that bypass the proxy. */
  readonly noProxy: string;
  /** Headers to send with every request, by name. */
  readonly headers: Readonly<Record<string, HeaderSources>>;
}

/** Of `x` and `xFile` at most one is not empty; files are read again when they change. */
export interface BasicAuth {
  readonly username: string;
  readonly usernameFile: string;
  readonly password: string;
  readonly passwordFile: string;
}

export interface Authorization {
  /** The scheme in the Authorization header, `Bearer` by default; never `basic`. */
  readonly type: string;
  readonly credentials: string;
  readonly credentialsFile: string;
}

/** PEM texts or paths of files with them; empty strings where absent. */
export interface TlsSettings {
  readonly ca: string;
  readonly caFile: string;
  readonly cert: string;
  readonly certFile: string;
  readonly key: string;
  readonly keyFile: string;
  readonly serverName: string;
  readonly insecureSkipVerify: boolean;
  readonly minVersion: TlsVersion | '';
  readonly maxVersion: TlsVersion | '';
}

export type TlsVersion = 'TLS10' | 'TLS11' | 'TLS12' | 'TLS13';

/** A header is sent once for every value, secret and file content. */
export interface HeaderSources {
  readonly values: readonly string[];
  readonly secrets: readonly string[];
  readonly files: readonly string[];
}

export const defaultTlsSettings: TlsSettings = {
  ca: '',
  caFile: '',
  cert: '',
  certFile: '',
  key: '',
  keyFile: '',
  serverName: '',
  insecureSkipVerify: false,
  minVersion: '',
  maxVersion: '',
};

export const defaultHttpClientSettings: HttpClientSettings = {
  basicAuth: null,
  authorization: null,
  tls: defaultTlsSettings,
  followRedirects: true,
  enableHttp2: true,
  proxyUrl: '',
  noProxy: '',
  headers: {},
};

/** What contradicts itself in the settings, in the reference's words, or what is not built yet; `null` when usable. */
export function httpClientSettingsProblem(settings: HttpClientSettings): string | null {
  const { basicAuth, authorization, tls } = settings;
  if (basicAuth !== null && basicAuth.username !== '' && basicAuth.usernameFile !== '') {
    return 'at most one of basic_auth username, username_file & username_ref must be configured';
  }
  if (basicAuth !== null && basicAuth.password !== '' && basicAuth.passwordFile !== '') {
    return 'at most one of basic_auth password, password_file & password_ref must be configured';
  }
  if (authorization !== null) {
    if (authorization.credentials !== '' && authorization.credentialsFile !== '') {
      return 'at most one of authorization credentials & credentials_file must be configured';
    }
    if (authorization.type.trim().toLowerCase() === 'basic') {
      return 'authorization type cannot be set to "basic", use "basic_auth" instead';
    }
    if (basicAuth !== null) return 'at most one of basic_auth, oauth2 & authorization must be configured';
  }
  return tlsProblem(tls) ?? proxyProblem(settings) ?? headersProblem(settings.headers);
}

function tlsProblem(tls: TlsSettings): string | null {
  if (tls.ca !== '' && tls.caFile !== '') return 'at most one of ca, ca_file & ca_ref must be configured';
  if (tls.cert !== '' && tls.certFile !== '') return 'at most one of cert, cert_file & cert_ref must be configured';
  if (tls.key !== '' && tls.keyFile !== '') return 'at most one of key and key_file must be configured';
  const hasCert = tls.cert !== '' || tls.certFile !== '';
  const hasKey = tls.key !== '' || tls.keyFile !== '';
  if (hasCert && !hasKey)
    return 'exactly one of key or key_file must be configured when a client certificate is configured';
  if (hasKey && !hasCert) return 'exactly one of cert or cert_file must be configured when a client key is configured';
  return null;
}

function proxyProblem(settings: HttpClientSettings): string | null {
  if (settings.noProxy !== '' && settings.proxyUrl === '') {
    return 'if no_proxy is configured, proxy_url must also be configured';
  }
  if (settings.noProxy !== '') return 'no_proxy is not supported yet';
  if (settings.proxyUrl !== '' && !/^https?:\/\/[^/]/.test(settings.proxyUrl)) {
    return `proxy_url ${JSON.stringify(settings.proxyUrl)} is not an http:// or https:// URL`;
  }
  return null;
}

function headersProblem(headers: HttpClientSettings['headers']): string | null {
  for (const name of Object.keys(headers)) {
    const reserved = RESERVED_HEADERS.find((at) => at.toLowerCase() === name.toLowerCase());
    if (reserved !== undefined) return `setting header "${reserved}" is not allowed`;
  }
  return null;
}
