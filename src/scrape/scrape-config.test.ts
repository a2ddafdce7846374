import { expect, test } from 'vitest';
import { defaultHttpClientSettings, defaultTlsSettings, type HttpClientSettings } from '../http/client-settings.ts';
import { defaultScrapeSettings, type ScrapeSettings, scrapeSettingsProblem } from './scrape-config.ts';

function problem(settings: Partial<ScrapeSettings>): string | null {
  return scrapeSettingsProblem({ ...defaultScrapeSettings, jobName: 'j', ...settings });
}

function clientProblem(settings: Partial<HttpClientSettings>): string | null {
  return problem({ httpClient: { ...defaultHttpClientSettings, ...settings } });
}

test('scrapeSettingsProblem() takes the defaults', () => {
  expect(problem({})).toBeNull();
});

test('scrapeSettingsProblem() words contradictions as the reference does', () => {
  expect(problem({ scrapeTimeoutMs: 70_000 })).toBe(
    'scrape timeout greater than scrape interval for scrape config with job name "j"',
  );
  expect(problem({ metricNameValidationScheme: 'legacy' })).toBe(
    'utf8 metric names requested but validation scheme is not set to UTF8',
  );
  const basicAuth = { username: 'u', usernameFile: '', password: 'p', passwordFile: 'f' };
  expect(clientProblem({ basicAuth })).toBe(
    'at most one of basic_auth password, password_file & password_ref must be configured',
  );
  expect(clientProblem({ headers: { 'accept-encoding': { values: ['x'], secrets: [], files: [] } } })).toBe(
    'setting header "Accept-Encoding" is not allowed',
  );
  expect(clientProblem({ tls: { ...defaultTlsSettings, cert: 'x' } })).toBe(
    'exactly one of key or key_file must be configured when a client certificate is configured',
  );
});

test('scrapeSettingsProblem() names what is not built yet', () => {
  for (const [settings, option] of [
    [{ scrapeNativeHistograms: true }, 'scrape_native_histograms: true'],
    [{ convertClassicHistogramsToNhcb: true }, 'convert_classic_histograms_to_nhcb: true'],
    [{ scrapeFailureLogFile: 'x' }, 'scrape_failure_log_file'],
    [{ fallbackScrapeProtocol: 'PrometheusProto' }, 'fallback_scrape_protocol: PrometheusProto'],
  ] as const) {
    expect(problem(settings)).toBe(`${option} is not supported yet (scrape config with job name "j")`);
  }
  expect(clientProblem({ proxyUrl: 'http://p', noProxy: 'x' })).toBe('no_proxy is not supported yet');
});
