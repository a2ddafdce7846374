import { expect, test } from 'vitest';
import { acceptHeader, chooseFormat } from './negotiate.ts';

test('acceptHeader() offers what can be parsed, with the weights of the whole list', () => {
  const texts =
    'application/openmetrics-text;version=1.0.0;escaping=allow-utf-8;q=0.6,application/openmetrics-text;version=0.0.1;q=0.5,text/plain;version=1.0.0;escaping=allow-utf-8;q=0.4,text/plain;version=0.0.4;q=0.3,*/*;q=0.2';
  const protocols = [
    'OpenMetricsText1.0.0',
    'OpenMetricsText0.0.1',
    'PrometheusText1.0.0',
    'PrometheusText0.0.4',
  ] as const;
  expect(acceptHeader(protocols, 'allow-utf-8')).toBe(texts);
  expect(acceptHeader(['PrometheusProto', 'PrometheusText0.0.4'], 'dots')).toBe(
    'text/plain;version=0.0.4;q=0.5,*/*;q=0.4',
  );
  expect(acceptHeader(['PrometheusText0.0.4'], 'underscores')).toBe('text/plain;version=0.0.4;q=0.6,*/*;q=0.5');
});

function outcome(contentType: string, fallback: Parameters<typeof chooseFormat>[1] = null): string {
  const choice = chooseFormat(contentType, fallback);
  return choice.format ?? choice.problem;
}

test('chooseFormat() goes by the Content-Type', () => {
  expect(outcome('text/plain; version=0.0.4; charset=utf-8')).toBe('text');
  expect(outcome('TEXT/Plain')).toBe('text');
  expect(outcome('text/plain; a="b;c"; ')).toBe('text');
  expect(outcome('application/openmetrics-text; version=1.0.0; charset=utf-8')).toBe('openMetrics');
  expect(outcome('application/openmetrics-text;version=0.0.1')).toBe('openMetrics');
});

test('chooseFormat() refuses what it does not know, in the words of the reference', () => {
  expect(outcome('')).toBe(
    'non-compliant scrape target sending blank Content-Type and no fallback_scrape_protocol specified for target',
  );
  expect(outcome('text/html')).toBe(
    'received unsupported Content-Type "text/html" and no fallback_scrape_protocol specified for target',
  );
  const unparsable = (type: string, why: string) =>
    `cannot parse Content-Type ${JSON.stringify(type)} and no fallback_scrape_protocol for target\nmime: ${why}`;
  expect(outcome('text/plain; version')).toBe(unparsable('text/plain; version', 'invalid media parameter'));
  expect(outcome(';;')).toBe(unparsable(';;', 'no media type'));
  expect(outcome('text/')).toBe(unparsable('text/', 'expected token after slash'));
  expect(outcome('text plain')).toBe(unparsable('text plain', 'expected slash after first token'));
  expect(outcome('text/plain x')).toBe(unparsable('text/plain x', 'unexpected content after media subtype'));
  expect(outcome(`text/plain${' '.repeat(100_000)}x`)).toContain('mime: ');
});

test('chooseFormat() takes the fallback where the Content-Type says nothing', () => {
  for (const type of ['', 'text/html', ';;']) {
    expect(outcome(type, 'PrometheusText0.0.4')).toBe('text');
    expect(outcome(type, 'OpenMetricsText0.0.1')).toBe('openMetrics');
  }
  expect(outcome('', 'PrometheusProto')).toBe('Content-Type "application/vnd.google.protobuf" is not supported yet');
});
