import { expect, test } from 'vitest';
import { ConfigError } from '../config/config-error.ts';
import { type Configuration, configurationFromText } from './config-file.ts';

const surroundings = {
  variables: { REGION: 'north' },
  flagRetention: { retentionMs: 15 * 86_400_000, retentionBytes: 0 },
  extraScrapeMetrics: false,
};
const load = (yaml: string): Configuration => configurationFromText('conf/prometheus.yml', yaml, surroundings);

function failure(yaml: string): { message: string; line: number } {
  try {
    load(yaml);
  } catch (error) {
    if (error instanceof ConfigError)
      return { line: error.line, message: error.message.replace(/^parsing YAML file conf\/prometheus\.yml: /, '') };
    throw error;
  }
  throw new Error('the configuration was accepted');
}

const JOB = 'scrape_configs:\n- job_name: a\n';

test('an empty file is a configuration with every default', () => {
  const { scrape, storage, externalLabels, evaluationIntervalMs } = load('');
  expect({ scrape, storage, labels: externalLabels.size, evaluationIntervalMs }).toEqual({
    scrape: [],
    storage: {
      retentionMs: 15 * 86_400_000,
      retentionBytes: 0,
      retentionPercent: 0,
      floatEncoding: null,
      staleSeriesShare: 0,
      outOfOrderMs: 0,
      exemplarsMax: 100_000,
    },
    labels: 0,
    evaluationIntervalMs: 60_000,
  });
});

test('a job takes from global what it leaves open', () => {
  const yaml = `global: {scrape_interval: 15s, sample_limit: 7, body_size_limit: 1KB}\n${JOB}  sample_limit: 9\n`;
  expect(load(yaml).scrape[0]).toMatchObject({
    jobName: 'a',
    scrapeIntervalMs: 15_000,
    scrapeTimeoutMs: 10_000,
    sampleLimit: 9,
    bodySizeLimit: 1024,
    metricsPath: '/metrics',
    scheme: 'http',
    honorTimestamps: true,
    scrapeProtocols: ['OpenMetricsText1.0.0', 'OpenMetricsText0.0.1', 'PrometheusText1.0.0', 'PrometheusText0.0.4'],
  });
  expect(load(`global: {scrape_interval: 5s}\n${JOB}`).scrape[0]).toMatchObject({ scrapeTimeoutMs: 5000 });
});

test('static targets become groups, legacy tokens an authorization, files lie beside the configuration', () => {
  const yaml = `${JOB}  bearer_token_file: token\n  tls_config: {ca_file: /ca}\n  static_configs:\n  - targets: [h:1, h:2]\n    labels: {dc: x}\n  - targets: [h:3]\n`;
  expect(load(yaml).scrape[0]).toMatchObject({
    httpClient: {
      authorization: { type: 'Bearer', credentials: '', credentialsFile: 'conf/token' },
      tls: { caFile: '/ca' },
    },
    discovery: [
      {
        kind: 'static',
        groups: [
          { source: '0', targets: [{ __address__: 'h:1' }, { __address__: 'h:2' }], labels: { dc: 'x' } },
          { source: '1', targets: [{ __address__: 'h:3' }], labels: {} },
        ],
      },
    ],
  });
});

test('mistakes are told with their line and the wording of the reference', () => {
  expect(failure(`${JOB}  scrape_intervall: 5s\n`)).toEqual({
    line: 3,
    message:
      'yaml: unmarshal errors:\n  line 3: field scrape_intervall not found in type config.ScrapeConfig (did you mean scrape_interval?)',
  });
  expect(failure(`${JOB}  scrape_interval: 5s\n  scrape_timeout: 6s\n`)).toEqual({
    line: 4,
    message:
      'line 4: scrape timeout greater than scrape interval for scrape config with job name "a" (scrape_timeout is 6s, scrape_interval 5s)',
  });
  expect(failure(`${JOB}- job_name: a\n`).message).toBe('line 3: found multiple scrape configs with job name "a"');
  expect(failure(`${JOB}  scrape_interval: 5\n`).message).toBe('line 3: not a valid duration string: "5"');
  expect(failure(`${JOB}  static_configs: [{targets: ["http://h"]}]\n`).message).toBe(
    'line 3: "http://h" is not a valid hostname',
  );
  expect(failure('scrape_configs:\n- scheme: http\n').message).toBe('line 2: job_name is empty');
  expect(failure('global:\n  external_labels: {"": x}\n').message).toBe('line 2: "" is not a valid label name');
  expect(failure('- a').message).toBe('yaml: unmarshal errors:\n  line 1: cannot unmarshal !!seq into config.plain');
});

test('external labels take environment variables; one that is missing is noted', () => {
  const { externalLabels, notes } = load(
    `global:\n  external_labels: {a: "\${REGION}-1", b: "$REGION", c: "$$x", d: "x\${NOPE}"}\n`,
  );
  expect(externalLabels.toObject()).toEqual({ a: 'north-1', b: 'north', c: '$x', d: 'x' });
  expect(notes).toEqual(['Empty environment variable NOPE in external label d']);
});

test('yaml() shows defaults, hides secrets and can be loaded again', () => {
  const shown = load(
    `${JOB}  basic_auth: {username: u, password: geheim}\n  consul_sd_configs: [{server: "x:1", token: abc}]\n  proxy_url: http://me:pw@proxy\n`,
  ).yaml();
  expect(shown).not.toMatch(/geheim|abc|pw/);
  expect(shown).toContain('    password: <secret>\n');
  expect(shown).toContain('scrape_interval: 1m\n');
  expect(load(shown).yaml()).toBe(shown);
});

test('yaml() of a small file is the one of the reference', () => {
  expect(load('global: {scrape_interval: 15s}').yaml()).toBe(`global:
  scrape_interval: 15s
  scrape_timeout: 10s
  evaluation_interval: 1m
  metric_name_validation_scheme: utf8
  scrape_native_histograms: false
  extra_scrape_metrics: false
runtime:
  gogc: 75
storage:
  tsdb:
    outofordertimewindow: 0
    retention:
      time: 15d
otlp:
  translation_strategy: UnderscoreEscapingWithSuffixes
  label_name_underscore_sanitization: true
  label_name_preserve_multiple_underscores: true
`);
});

test('a feature may make extra metrics of scrapes the default, which the file overrules', () => {
  const withFeature = { ...surroundings, extraScrapeMetrics: true };
  const extra = (yaml: string) =>
    configurationFromText('p.yml', yaml, withFeature).scrape.map(({ extraScrapeMetrics }) => extraScrapeMetrics);
  const jobs = `${JOB}- job_name: b\n  extra_scrape_metrics: false\n`;
  expect(extra(jobs)).toEqual([true, false]);
  expect(extra(`global: {extra_scrape_metrics: false}\n${jobs}`)).toEqual([false, false]);
});

test('a retention by size beside one by percentage is told to be ignored', () => {
  const notes = (retention: string) => load(`storage: {tsdb: {retention: {${retention}}}}`).notes;
  expect(notes('size: 1GB, percentage: 20')).toEqual([
    'storage.tsdb.retention.size is ignored, because storage.tsdb.retention.percentage is specified',
  ]);
  expect([notes('size: 1GB'), notes('percentage: 20')]).toEqual([[], []]);
});
