import {
  type DecodeContext,
  field,
  list,
  mapOf,
  nullable,
  optional,
  type RecordOf,
  record,
  shown,
} from '../../config/decode.ts';
import { integer, parsed, secret, text, toggle, unsigned } from '../../config/scalars.ts';
import { goQuote } from '../../model/labels.ts';
import type { NameValidationScheme } from '../../model/name-validation.ts';
import { WRITE_MESSAGES } from '../flags/flag-table.ts';
import { duration } from './duration.ts';
import { httpClientFault, httpClientFields } from './http-client-section.ts';
import { emptyRelabelFault, relabelConfigs, relabelConfigsFrom } from './relabel-section.ts';
import { reservedHeaderProblem } from './reserved-headers.ts';
import { sigv4Codec } from './sigv4-section.ts';
import { urlFromText, urlText } from './url-field.ts';

const url = parsed('config.URL', '', urlFromText, urlText);

const AUTHORIZATION_HEADER =
  'authorization header must be changed via the basic_auth, authorization, oauth2, sigv4, azuread or google_iam parameter';

const queueCodec = record('config.QueueConfig', {
  capacity: field(integer, 10_000),
  max_shards: field(integer, 50),
  min_shards: field(integer, 1),
  max_samples_per_send: field(integer, 2000),
  batch_send_deadline: field(duration, 5000),
  min_backoff: field(duration, 30),
  max_backoff: field(duration, 5000),
  retry_on_http_429: field(toggle),
  sample_age_limit: field(duration),
});

const metadataCodec = record('config.MetadataConfig', {
  send: shown(toggle, true),
  send_interval: shown(duration, 60_000),
  max_samples_per_send: field(integer, 2000),
});

const azureCodec = record('azuread.plain', {
  managed_identity: optional(record('azuread.ManagedIdentityConfig', { client_id: field(text) })),
  workload_identity: optional(
    record('azuread.WorkloadIdentityConfig', {
      client_id: field(text),
      tenant_id: field(text),
      token_file_path: field(text),
    }),
  ),
  oauth: optional(
    record('azuread.OAuthConfig', { client_id: field(text), client_secret: field(secret), tenant_id: field(text) }),
  ),
  certificate: optional(
    record('azuread.CertificateConfig', {
      client_id: field(text),
      tenant_id: field(text),
      certificate_path: field(text),
      certificate_password: field(secret),
      send_certificate_chain: field(toggle),
    }),
  ),
  sdk: optional(record('azuread.SDKConfig', { tenant_id: field(text) })),
  cloud: field(text, 'AzurePublic'),
  scope: field(text),
});

const writeFields = {
  url: shown(url),
  remote_timeout: field(duration, 30_000),
  headers: field(mapOf(text)),
  write_relabel_configs: field(relabelConfigs),
  name: field(text),
  send_exemplars: field(toggle),
  send_native_histograms: field(toggle),
  round_robin_dns: field(toggle),
  protobuf_message: field(text, WRITE_MESSAGES[0] as string),
  failed_request_logging: field(toggle),
  ...httpClientFields,
  enable_http2: shown(toggle),
  queue_config: field(queueCodec, queueCodec.standard),
  metadata_config: field(metadataCodec, metadataCodec.standard),
  sigv4: optional(sigv4Codec),
  azuread: optional(azureCodec),
  google_iam: optional(record('googleiam.Config', { credentials_file: field(text) })),
};

const readFields = {
  url: shown(url),
  remote_timeout: field(duration, 60_000),
  chunked_read_limit: field(unsigned, 5e7),
  headers: field(mapOf(text)),
  read_recent: field(toggle),
  name: field(text),
  ...httpClientFields,
  required_matchers: field(mapOf(text)),
  filter_external_labels: field(toggle, true),
};

export type RawRemoteWrite = RecordOf<typeof writeFields>;
export type RawRemoteRead = RecordOf<typeof readFields>;

export const remoteWriteCodec = list(
  nullable(
    record('config.plain', writeFields, (value, context) => {
      if (value.url === '') return context.fault(value, 'url for remote_write is empty', 'url');
      const message = value.protobuf_message;
      const headers = reservedHeaderProblem(value.headers, AUTHORIZATION_HEADER);
      const empty = 'empty or null relabeling rule in remote write config';
      const relabel = emptyRelabelFault(value.write_relabel_configs, value, empty, context);
      if (relabel !== null) return relabel;
      if (headers !== null) return context.fault(value, headers, 'headers');
      if (!(WRITE_MESSAGES as readonly string[]).includes(message)) {
        const supported = WRITE_MESSAGES.join(', ');
        const cause = `unknown type for remote write protobuf message ${message}, supported: ${supported}`;
        return context.fault(value, `invalid protobuf_message value: ${cause}`, 'protobuf_message');
      }
      const client = httpClientFault(value, context);
      if (client !== null) return client;
      const queue = queueProblem(value.queue_config);
      if (queue !== null) return context.fault(value, queue, 'queue_config');
      const auth = (['basic_auth', 'authorization', 'oauth2', 'sigv4', 'azuread', 'google_iam'] as const).filter(
        (name) => value[name] !== null,
      );
      if (auth.length <= 1) return null;
      const rule = 'at most one of basic_auth, authorization, oauth2, sigv4, azuread or google_iam must be configured';
      return context.fault(value, `${rule}. Currently configured: [${auth.join(' ')}]`, auth[1]);
    }),
  ),
);

export const remoteReadCodec = list(
  nullable(
    record('config.plain', readFields, (value, context) => {
      if (value.url === '') return context.fault(value, 'url for remote_read is empty', 'url');
      const headers = reservedHeaderProblem(value.headers, AUTHORIZATION_HEADER);
      return headers === null ? httpClientFault(value, context) : context.fault(value, headers, 'headers');
    }),
  ),
);

/** What the entries of both lists must keep among themselves. Throws ConfigError. */
export function checkRemotes(
  writes: readonly (RawRemoteWrite | null)[],
  reads: readonly (RawRemoteRead | null)[],
  scheme: NameValidationScheme,
  context: DecodeContext,
): void {
  checkNames(writes, 'write', context);
  for (const write of writes) relabelConfigsFrom(write!.write_relabel_configs, scheme, context);
  checkNames(reads, 'read', context);
}

function checkNames(
  entries: readonly ({ readonly name: string } | null)[],
  direction: 'write' | 'read',
  context: DecodeContext,
): void {
  const names = new Set<string>();
  for (const entry of entries) {
    if (entry === null) throw context.faultAt(0, `empty or null remote ${direction} config section`);
    if (entry.name === '') continue;
    if (names.has(entry.name)) {
      const message = `found multiple remote ${direction} configs with job name ${goQuote(entry.name)}`;
      throw context.fault(entry, message, 'name');
    }
    names.add(entry.name);
  }
}

function queueProblem(at: RawRemoteWrite['queue_config']): string | null {
  if (at.max_shards <= 0) return 'remote write queue max_shards must be positive';
  if (at.min_shards <= 0) return 'remote write queue min_shards must be positive';
  if (at.min_shards > at.max_shards) return 'remote write queue min_shards must not be greater than max_shards';
  if (at.max_samples_per_send <= 0) return 'remote write queue max_samples_per_send must be positive';
  if (at.capacity <= 0) return 'remote write queue capacity must be positive';
  if (at.max_backoff < at.min_backoff) return 'remote write queue max_backoff must not be less than min_backoff';
  return null;
}
