import type { ConfigError } from '../../config/config-error.ts';
import { type DecodeContext, field, list, mapOf, optional, type RecordOf, record, shown } from '../../config/decode.ts';
import { oneOf, parsed, path, secret, text, toggle } from '../../config/scalars.ts';
import type { HttpClientSettings, TlsVersion } from '../../http/client-settings.ts';
import { RESERVED_HEADERS } from '../../http/reserved-headers.ts';
import { goQuote } from '../../model/labels.ts';
import { urlFromText, urlText } from './url-field.ts';

const url = parsed('config.URL', '', urlFromText, urlText);

const TLS_VERSIONS: readonly TlsVersion[] = ['TLS10', 'TLS11', 'TLS12', 'TLS13'];

export const tlsCodec = record(
  'config.plain',
  {
    ca: field(text),
    cert: field(text),
    key: field(secret),
    ca_file: field(path),
    cert_file: field(path),
    key_file: field(path),
    ca_ref: field(text),
    cert_ref: field(text),
    key_ref: field(text),
    server_name: field(text),
    insecure_skip_verify: shown(toggle),
    min_version: field(oneOf('config.TLSVersion', TLS_VERSIONS, (word) => `unknown TLS version: ${word}`)),
    max_version: field(oneOf('config.TLSVersion', TLS_VERSIONS, (word) => `unknown TLS version: ${word}`)),
  },
  (tls, context) => {
    const has = (...values: string[]) => values.filter((value) => value !== '').length;
    if (has(tls.ca, tls.ca_file, tls.ca_ref) > 1)
      return context.fault(tls, 'at most one of ca, ca_file & ca_ref must be configured', 'ca_file');
    if (has(tls.cert, tls.cert_file, tls.cert_ref) > 1)
      return context.fault(tls, 'at most one of cert, cert_file & cert_ref must be configured', 'cert_file');
    if (has(tls.key, tls.key_file, tls.key_ref) > 1)
      return context.fault(tls, 'at most one of key and key_file must be configured', 'key_file');
    const certs = has(tls.cert, tls.cert_file, tls.cert_ref);
    const keys = has(tls.key, tls.key_file, tls.key_ref);
    if (certs > 0 && keys === 0)
      return context.fault(
        tls,
        'exactly one of key or key_file must be configured when a client certificate is configured',
      );
    if (keys > 0 && certs === 0)
      return context.fault(tls, 'exactly one of cert or cert_file must be configured when a client key is configured');
    return null;
  },
);

const proxyFields = {
  proxy_url: field(url),
  no_proxy: field(text),
  proxy_from_environment: field(toggle),
  proxy_connect_header: field(mapOf(list(secret))),
};

const basicAuth = record('config.BasicAuth', {
  username: field(text),
  username_file: field(path),
  username_ref: field(text),
  password: field(secret),
  password_file: field(path),
  password_ref: field(text),
});

const authorization = record('config.Authorization', {
  type: field(text),
  credentials: field(secret),
  credentials_file: field(path),
  credentials_ref: field(text),
});

const oauth2 = record('config.plain', {
  client_id: field(text),
  client_secret: field(secret),
  client_secret_file: field(path),
  client_secret_ref: field(text),
  client_certificate_key_id: field(text),
  client_certificate_key: field(secret),
  client_certificate_key_file: field(path),
  client_certificate_key_ref: field(text),
  grant_type: field(text),
  signature_algorithm: field(text),
  iss: field(text),
  audience: field(text),
  claims: field(mapOf(text)),
  scopes: field(list(text)),
  token_url: field(text),
  endpoint_params: field(mapOf(text)),
  tls_config: field(tlsCodec),
  ...proxyFields,
});

const header = record('config.Header', {
  values: field(list(text)),
  secrets: field(list(secret)),
  files: field(list(path)),
});

/** The fields of an HTTP client, to be spread into the record of whatever connects. */
export const httpClientFields = {
  basic_auth: optional(basicAuth),
  authorization: optional(authorization),
  oauth2: optional(oauth2),
  bearer_token: field(secret),
  bearer_token_file: field(path),
  tls_config: field(tlsCodec),
  follow_redirects: shown(toggle, true),
  enable_http2: shown(toggle, true),
  ...proxyFields,
  http_headers: optional(mapOf(header)),
};

export type RawHttpClient = RecordOf<typeof httpClientFields>;

/** What contradicts itself among the client fields of `raw`; also gives `authorization` its type. */
export function httpClientFault(raw: RawHttpClient, context: DecodeContext): ConfigError | null {
  const problem = authProblem(raw) ?? oauth2Problem(raw) ?? proxyProblem(raw) ?? headersProblem(raw.http_headers);
  if (problem !== null) return context.fault(raw, problem[1], problem[0]);
  if (raw.authorization !== null) {
    raw.authorization.type = raw.authorization.type.trim() || 'Bearer';
  } else if (raw.bearer_token !== '' || raw.bearer_token_file !== '') {
    raw.authorization = {
      ...authorization.zero,
      type: 'Bearer',
      credentials: raw.bearer_token,
      credentials_file: raw.bearer_token_file,
    };
    raw.bearer_token = '';
    raw.bearer_token_file = '';
  }
  return null;
}

/** The settings of a client that passed `httpClientFault`. */
export function httpClientSettingsFrom(raw: RawHttpClient): HttpClientSettings {
  const { basic_auth: basic, authorization: auth, tls_config: tls } = raw;
  return {
    basicAuth:
      basic === null
        ? null
        : {
            username: basic.username,
            usernameFile: basic.username_file,
            password: basic.password,
            passwordFile: basic.password_file,
          },
    authorization:
      auth === null ? null : { type: auth.type, credentials: auth.credentials, credentialsFile: auth.credentials_file },
    tls: {
      ca: tls.ca,
      caFile: tls.ca_file,
      cert: tls.cert,
      certFile: tls.cert_file,
      key: tls.key,
      keyFile: tls.key_file,
      serverName: tls.server_name,
      insecureSkipVerify: tls.insecure_skip_verify,
      minVersion: tls.min_version,
      maxVersion: tls.max_version,
    },
    followRedirects: raw.follow_redirects,
    enableHttp2: raw.enable_http2,
    proxyUrl: raw.proxy_url,
    noProxy: raw.no_proxy,
    headers: Object.fromEntries(
      Object.entries(raw.http_headers ?? {}).map(([name, sources]) => [
        name,
        { values: sources.values, secrets: sources.secrets, files: sources.files },
      ]),
    ),
  };
}

/** What of an otherwise right client Narthex can not do yet: `null`, or the name of the setting. */
export function unsupportedHttpClientSetting(raw: RawHttpClient): string | null {
  if (raw.oauth2 !== null) return 'oauth2';
  if (raw.proxy_from_environment) return 'proxy_from_environment';
  if (Object.keys(raw.proxy_connect_header).length > 0) return 'proxy_connect_header';
  const refs = [
    raw.basic_auth?.username_ref,
    raw.basic_auth?.password_ref,
    raw.authorization?.credentials_ref,
    raw.tls_config.ca_ref,
    raw.tls_config.cert_ref,
    raw.tls_config.key_ref,
  ];
  return refs.some((ref) => ref !== undefined && ref !== '') ? 'a secret named by "..._ref"' : null;
}

type Problem = readonly [field: string, message: string];

function authProblem(raw: RawHttpClient): Problem | null {
  const { basic_auth: basic, authorization: auth } = raw;
  const legacy = raw.bearer_token !== '' || raw.bearer_token_file !== '';
  const many = (...values: string[]) => values.filter((value) => value !== '').length > 1;
  if (many(raw.bearer_token, raw.bearer_token_file))
    return ['bearer_token_file', 'at most one of bearer_token & bearer_token_file must be configured'];
  if ((basic !== null || raw.oauth2 !== null) && legacy)
    return ['basic_auth', 'at most one of basic_auth, oauth2, bearer_token & bearer_token_file must be configured'];
  if (basic !== null && many(basic.username, basic.username_file, basic.username_ref))
    return ['basic_auth', 'at most one of basic_auth username, username_file & username_ref must be configured'];
  if (basic !== null && many(basic.password, basic.password_file, basic.password_ref))
    return ['basic_auth', 'at most one of basic_auth password, password_file & password_ref must be configured'];
  if (auth !== null) {
    if (legacy) return ['authorization', 'authorization is not compatible with bearer_token & bearer_token_file'];
    if (many(auth.credentials, auth.credentials_file, auth.credentials_ref))
      return ['authorization', 'at most one of authorization credentials & credentials_file must be configured'];
    if (auth.type.trim().toLowerCase() === 'basic')
      return ['authorization', 'authorization type cannot be set to "basic", use "basic_auth" instead'];
    if (basic !== null || raw.oauth2 !== null)
      return ['authorization', 'at most one of basic_auth, oauth2 & authorization must be configured'];
  }
  return null;
}

function oauth2Problem(raw: RawHttpClient): Problem | null {
  const { oauth2 } = raw;
  if (oauth2 === null) return null;
  const at = (message: string): Problem => ['oauth2', message];
  if (raw.basic_auth !== null) return at('at most one of basic_auth, oauth2 & authorization must be configured');
  if (oauth2.client_id === '') return at('oauth2 client_id must be configured');
  if (oauth2.token_url === '') return at('oauth2 token_url must be configured');
  const many = (...values: string[]) => values.filter((value) => value !== '').length > 1;
  if (oauth2.grant_type !== 'urn:ietf:params:oauth:grant-type:jwt-bearer') {
    return many(oauth2.client_secret, oauth2.client_secret_file, oauth2.client_secret_ref)
      ? at(
          'at most one of oauth2 client_secret, client_secret_file & client_secret_ref must be configured using grant-type=client_credentials',
        )
      : null;
  }
  if (many(oauth2.client_certificate_key, oauth2.client_certificate_key_file, oauth2.client_certificate_key_ref))
    return at(
      'at most one of oauth2 client_certificate_key, client_certificate_key_file & client_certificate_key_ref must be configured using grant-type=urn:ietf:params:oauth:grant-type:jwt-bearer',
    );
  if (!['', 'RS256', 'RS384', 'RS512'].includes(oauth2.signature_algorithm))
    return at('valid signature algorithms are RS256, RS384 and RS512');
  return null;
}

function proxyProblem(raw: RawHttpClient): Problem | null {
  if (Object.keys(raw.proxy_connect_header).length > 0 && !raw.proxy_from_environment && raw.proxy_url === '')
    return [
      'proxy_connect_header',
      'if proxy_connect_header is configured, proxy_url or proxy_from_environment must also be configured',
    ];
  if (raw.proxy_from_environment && raw.proxy_url !== '')
    return ['proxy_url', 'if proxy_from_environment is configured, proxy_url must not be configured'];
  if (raw.proxy_from_environment && raw.no_proxy !== '')
    return ['no_proxy', 'if proxy_from_environment is configured, no_proxy must not be configured'];
  if (raw.proxy_url === '' && raw.no_proxy !== '')
    return ['no_proxy', 'if no_proxy is configured, proxy_url must also be configured'];
  return null;
}

function headersProblem(headers: RawHttpClient['http_headers']): Problem | null {
  for (const name of Object.keys(headers ?? {})) {
    const canonical = name.toLowerCase().replace(/(^|-)[a-z]/g, (letter) => letter.toUpperCase());
    if (RESERVED_HEADERS.includes(canonical))
      return ['http_headers', `setting header ${goQuote(canonical)} is not allowed`];
  }
  return null;
}
