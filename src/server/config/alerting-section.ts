import {
  type DecodeContext,
  field,
  list,
  nullable,
  optional,
  type RecordOf,
  record,
  shown,
} from '../../config/decode.ts';
import { parsed, text } from '../../config/scalars.ts';
import type { NameValidationScheme } from '../../model/name-validation.ts';
import { discoveryFault, discoveryFields } from './discovery-section.ts';
import { duration } from './duration.ts';
import { httpClientFault, httpClientFields } from './http-client-section.ts';
import { emptyRelabelFault, relabelConfigs, relabelConfigsFrom } from './relabel-section.ts';
import { sigv4Codec } from './sigv4-section.ts';

const apiVersion = parsed(
  'config.AlertmanagerAPIVersion',
  '',
  (word) => {
    if (word !== 'v2') throw new Error(`expected Alertmanager api version to be one of [v2] but got ${word}`);
    return word;
  },
  (value) => value,
);

const alertmanagerFields = {
  ...httpClientFields,
  sigv4: optional(sigv4Codec),
  scheme: field(text, 'http'),
  path_prefix: field(text),
  timeout: field(duration, 10_000),
  api_version: shown(apiVersion, 'v2'),
  relabel_configs: field(relabelConfigs),
  alert_relabel_configs: field(relabelConfigs),
  ...discoveryFields,
};

const alertmanagerCodec = record('config.AlertmanagerConfig', alertmanagerFields, (value, context) => {
  const fault = httpClientFault(value, context);
  if (fault !== null) return fault;
  const authorized = value.basic_auth !== null || value.authorization !== null || value.oauth2 !== null;
  if (authorized && value.sigv4 !== null)
    return context.fault(
      value,
      'at most one of basic_auth, authorization, oauth2, & sigv4 must be configured',
      'sigv4',
    );
  return (
    discoveryFault(value, value.relabel_configs.length > 0, context) ??
    emptyRelabelFault(value.relabel_configs, value, 'empty or null Alertmanager target relabeling rule', context) ??
    emptyRelabelFault(value.alert_relabel_configs, value, 'empty or null Alertmanager alert relabeling rule', context)
  );
});

const alertingFields = {
  alert_relabel_configs: field(relabelConfigs),
  alertmanagers: field(list(nullable(alertmanagerCodec))),
};

export type RawAlerting = RecordOf<typeof alertingFields>;

export const alertingCodec = record('config.plain', alertingFields, (value, context) =>
  emptyRelabelFault(value.alert_relabel_configs, value, 'empty or null alert relabeling rule', context),
);

/** Tries every relabelling rule of the block. Throws ConfigError. */
export function checkAlerting(raw: RawAlerting, scheme: NameValidationScheme, context: DecodeContext): void {
  relabelConfigsFrom(raw.alert_relabel_configs, scheme, context);
  for (const alertmanager of raw.alertmanagers) {
    if (alertmanager === null) continue;
    relabelConfigsFrom(alertmanager.alert_relabel_configs, scheme, context);
    relabelConfigsFrom(alertmanager.relabel_configs, scheme, context);
  }
}
