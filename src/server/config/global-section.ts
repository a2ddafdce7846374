import { type DecodeContext, field, list, mapOf, optional, type RecordOf, record } from '../../config/decode.ts';
import { byteSize, parsed, path, text, textNamed, toggle, unsigned } from '../../config/scalars.ts';
import { formatDuration } from '../../model/duration.ts';
import { goQuote } from '../../model/labels.ts';
import { isValidLabelName, type NameValidationScheme } from '../../model/name-validation.ts';
import { duration } from './duration.ts';
import { scrapeProtocolsProblem } from './scrape-protocols.ts';

/** Which names are valid; empty where the file leaves it open. */
export const validationScheme = parsed<NameValidationScheme | ''>(
  'model.ValidationScheme',
  '',
  (word) => {
    if (word === '' || word === 'utf8' || word === 'legacy') return word;
    throw new Error(`unrecognized ValidationScheme: ${goQuote(word)}`);
  },
  (value) => value,
);

/** The limits that a job may set for itself and `global` for all. 0 = no limit. */
export const limitFields = {
  body_size_limit: field(byteSize),
  sample_limit: field(unsigned),
  target_limit: field(unsigned),
  label_limit: field(unsigned),
  label_name_length_limit: field(unsigned),
  label_value_length_limit: field(unsigned),
  keep_dropped_targets: field(unsigned),
};

const globalFields = {
  scrape_interval: field(duration),
  scrape_timeout: field(duration),
  scrape_protocols: optional(list(textNamed('config.ScrapeProtocol'))),
  evaluation_interval: field(duration),
  rule_query_offset: field(duration),
  query_log_file: field(path),
  scrape_failure_log_file: field(path),
  external_labels: field(mapOf(text)),
  ...limitFields,
  metric_name_validation_scheme: field(validationScheme),
  metric_name_escaping_scheme: field(text),
  scrape_native_histograms: optional(toggle),
  convert_classic_histograms_to_nhcb: field(toggle),
  always_scrape_classic_histograms: field(toggle),
  extra_scrape_metrics: optional(toggle),
};

export type RawGlobal = RecordOf<typeof globalFields>;

const STANDARD = { scrapeIntervalMs: 60_000, scrapeTimeoutMs: 10_000, evaluationIntervalMs: 60_000 };

/** The `global` block; what it leaves open is filled in. */
export const globalCodec = record('config.plain', globalFields, (value, context) => globalFault(value, context));

/** `global` where the file has none, or an empty one. */
export function standardGlobal(): RawGlobal {
  const value: RawGlobal = { ...globalCodec.zero, metric_name_escaping_scheme: 'allow-utf-8' };
  fill(value);
  return value;
}

function globalFault(value: RawGlobal, context: DecodeContext) {
  for (const [name, label] of Object.entries(value.external_labels)) {
    const scheme = value.metric_name_validation_scheme || 'utf8';
    if (!isValidLabelName(name, scheme))
      return context.fault(value, `${quoted(name)} is not a valid label name`, 'external_labels');
    if (!label.isWellFormed())
      return context.fault(value, `${quoted(label)} is not a valid label value`, 'external_labels');
  }
  const intervalMs = value.scrape_interval || STANDARD.scrapeIntervalMs;
  if (value.scrape_timeout > intervalMs) {
    const found = `scrape_timeout is ${formatDuration(value.scrape_timeout)}, scrape_interval ${formatDuration(intervalMs)}`;
    return context.fault(value, `global scrape timeout greater than scrape interval (${found})`, 'scrape_timeout');
  }
  const problem = value.scrape_protocols === null ? null : scrapeProtocolsProblem(value.scrape_protocols);
  if (problem !== null) return context.fault(value, `${problem} for global config`, 'scrape_protocols');
  fill(value);
  return null;
}

function fill(value: RawGlobal): void {
  value.metric_name_validation_scheme ||= 'utf8';
  value.scrape_interval ||= STANDARD.scrapeIntervalMs;
  value.scrape_timeout ||= Math.min(STANDARD.scrapeTimeoutMs, value.scrape_interval);
  value.evaluation_interval ||= STANDARD.evaluationIntervalMs;
  value.scrape_native_histograms ??= false;
}

/** Bytes that are no text were kept as lone surrogates; they print as the reference prints such bytes. */
function quoted(name: string): string {
  return name.isWellFormed() ? goQuote(name) : '"\\xff"';
}
