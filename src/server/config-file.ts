import { readFileSync } from 'node:fs';
import { stringify } from 'yaml';
import { ConfigError } from '../config/config-error.ts';
import { DecodeContext, field, list, type RecordOf, record } from '../config/decode.ts';
import { integer, path, text } from '../config/scalars.ts';
import { yamlFromText } from '../config/yaml.ts';
import { goQuote, type Labels, labelsFromObject } from '../model/labels.ts';
import type { ScrapeSettings } from '../scrape/scrape-config.ts';
import { alertingCodec, checkAlerting } from './config/alerting-section.ts';
import { expandVariables } from './config/expand-variables.ts';
import { findFiles, isFilePattern } from './config/find-files.ts';
import { globalCodec, type RawGlobal, standardGlobal } from './config/global-section.ts';
import { checkOtlp, otlpCodec } from './config/otlp-section.ts';
import { checkRemotes, remoteReadCodec, remoteWriteCodec } from './config/remote-section.ts';
import { type RawScrapeConfig, scrapeConfigsCodec, scrapeSettingsFrom } from './config/scrape-section.ts';
import {
  type FlagRetention,
  type StorageSettings,
  storageCodec,
  storageSettingsFrom,
} from './config/storage-section.ts';
import { tracingCodec } from './config/tracing-section.ts';

/** A whole configuration, checked, with every default filled in. */
export interface Configuration {
  readonly evaluationIntervalMs: number;
  readonly externalLabels: Labels;
  readonly scrape: readonly ScrapeSettings[];
  readonly storage: StorageSettings;
  /** Patterns of rule files, as absolute as the configuration file's own path. */
  readonly ruleFiles: readonly string[];
  /** The file as written, section by section, for checks of what is not supported yet. */
  readonly raw: RawConfiguration;
  /** Scrape jobs as written, those of `scrape_config_files` too; the same order as `scrape`. */
  readonly rawScrape: readonly RawScrapeConfig[];
  /** Things to tell the operator that are no errors. */
  readonly notes: readonly string[];
  /** What `/api/v1/status/config` shows: defaults filled in, secrets hidden. */
  yaml(): string;
}

/** What reading a configuration depends on besides its text. */
export interface ConfigurationSurroundings {
  readonly variables: Readonly<Record<string, string | undefined>>;
  readonly flagRetention: FlagRetention;
  /** What `extra_scrape_metrics` is where the file does not say. */
  readonly extraScrapeMetrics: boolean;
}

/** The collector's eagerness that the reference starts with; kept and shown, nothing is tuned by it. */
const GOGC_STANDARD = 75;

const configurationFields = {
  global: field(globalCodec, standardGlobal()),
  runtime: field(record('config.RuntimeConfig', { gogc: field(integer) })),
  alerting: field(alertingCodec),
  rule_files: field(list(filePattern('rule file'))),
  scrape_config_files: field(list(filePattern('scrape config file'))),
  scrape_configs: field(scrapeConfigsCodec),
  storage: field(storageCodec),
  tracing: field(tracingCodec),
  remote_write: field(remoteWriteCodec),
  remote_read: field(remoteReadCodec),
  otlp: field(otlpCodec, otlpCodec.standard),
};

export type RawConfiguration = RecordOf<typeof configurationFields>;

const configurationCodec = record('config.plain', configurationFields);
const scrapeFileCodec = record('config.ScrapeConfigs', { scrape_configs: field(scrapeConfigsCodec) });

/** Reads and checks a configuration file. Throws ConfigError. */
export function loadConfigurationFile(file: string, surroundings: ConfigurationSurroundings): Configuration {
  return configurationFromText(file, readText(file), surroundings);
}

/** Checks a configuration given as text; `file` is its name in messages and the place where relative paths begin. */
export function configurationFromText(
  file: string,
  yaml: string,
  surroundings: ConfigurationSurroundings,
): Configuration {
  const context = new DecodeContext(file);
  const tree = yamlFromText(file, yaml) ?? { kind: 'map' as const, line: 1, entries: [] };
  const raw = configurationCodec.decode(tree, context);
  context.throwProblems();
  if (raw.global.scrape_interval === 0) raw.global = standardGlobal();
  const extraScrapeMetrics = raw.global.extra_scrape_metrics ?? surroundings.extraScrapeMetrics;
  raw.global = { ...raw.global, extra_scrape_metrics: extraScrapeMetrics };
  raw.runtime = { gogc: raw.runtime.gogc || GOGC_STANDARD };
  const notes: string[] = [];
  const scheme = raw.global.metric_name_validation_scheme || 'utf8';
  const jobs = [...jobsOf(raw.scrape_configs, context), ...jobsOfFiles(raw.scrape_config_files)];
  const scrape = jobs.map((job) => scrapeSettingsFrom(job.raw, raw.global, job.context));
  refuseDuplicateJobs(jobs, context);
  checkAlerting(raw.alerting, scheme, context);
  checkRemotes(raw.remote_write, raw.remote_read, scheme, context);
  checkOtlp(raw.otlp, scheme, context);
  raw.global.external_labels = expandLabels(raw.global, surroundings.variables, notes);
  const storage = storageSettingsFrom(raw.storage, surroundings.flagRetention);
  if (storage.retentionPercent > 0 && storage.retentionBytes > 0) notes.push(SIZE_IGNORED);
  return {
    evaluationIntervalMs: raw.global.evaluation_interval,
    externalLabels: labelsFromObject(raw.global.external_labels),
    scrape,
    storage,
    ruleFiles: raw.rule_files,
    raw,
    rawScrape: jobs.map((job) => job.raw),
    notes,
    yaml: () => stringify(configurationCodec.print(raw), { indentSeq: false, lineWidth: 0 }),
  };
}

const SIZE_IGNORED = 'storage.tsdb.retention.size is ignored, because storage.tsdb.retention.percentage is specified';

interface Job {
  readonly raw: RawScrapeConfig;
  readonly context: DecodeContext;
}

function jobsOf(list: RawConfiguration['scrape_configs'], context: DecodeContext): Job[] {
  return list.map((raw) => {
    if (raw === null) throw context.faultAt(0, 'empty or null scrape config section');
    return { raw, context };
  });
}

function jobsOfFiles(patterns: readonly string[]): Job[] {
  return patterns.flatMap(findFiles).flatMap((file) => {
    const context = new DecodeContext(file);
    const tree = yamlFromText(file, readText(file));
    if (tree === null) return [];
    const { scrape_configs: list } = scrapeFileCodec.decode(tree, context);
    context.throwProblems();
    return jobsOf(list, context);
  });
}

function refuseDuplicateJobs(jobs: readonly Job[], main: DecodeContext): void {
  const seen = new Map<string, Job>();
  for (const job of jobs) {
    const name = job.raw.job_name;
    const first = seen.get(name);
    if (first !== undefined) {
      const elsewhere = first.context === main ? 'main config file' : goQuote(first.context.file);
      const where = job.context === main ? '' : `, first found in ${elsewhere}`;
      const message = `found multiple scrape configs with job name ${goQuote(name)}${where}`;
      throw job.context.fault(job.raw, message, 'job_name');
    }
    seen.set(name, job);
  }
}

function expandLabels(
  global: RawGlobal,
  variables: ConfigurationSurroundings['variables'],
  notes: string[],
): Record<string, string> {
  const expanded: Record<string, string> = {};
  for (const [name, value] of Object.entries(global.external_labels)) {
    const onMissing = (variable: string) =>
      notes.push(`Empty environment variable ${variable} in external label ${name}`);
    expanded[name] = expandVariables(value, variables, onMissing);
  }
  return expanded;
}

/** A path that may end in a pattern; it is checked as written, then taken from beside the file. */
function filePattern(what: string): typeof text {
  return {
    ...text,
    decode(node, context) {
      const written = text.decode(node, context);
      if (isFilePattern(written)) return path.decode(node, context);
      context.throwProblems();
      throw context.faultAt(node.line, `invalid ${what} path ${goQuote(written)}`);
    },
  };
}

function readText(file: string): string {
  let bytes: Buffer;
  try {
    bytes = readFileSync(file);
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    throw new ConfigError(file, 0, `open ${file}: ${FILE_FAULTS[code ?? ''] ?? (error as Error).message}`, {
      cause: error,
    });
  }
  try {
    return new TextDecoder('utf-8', { fatal: true }).decode(bytes);
  } catch (error) {
    throw new ConfigError(file, 0, `parsing YAML file ${file}: yaml: the file is not valid UTF-8`, { cause: error });
  }
}

const FILE_FAULTS: Readonly<Record<string, string>> = {
  ENOENT: 'no such file or directory',
  EACCES: 'permission denied',
  EISDIR: 'is a directory',
  ENOTDIR: 'not a directory',
};
