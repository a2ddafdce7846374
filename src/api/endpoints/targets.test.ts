import { expect, test } from 'vitest';
import { globalUrl } from './targets.ts';

const settings = { externalUrl: new URL('https://prom.example/base/'), listenAddress: '0.0.0.0:9090' };

test.each([
  // Somewhere else: as it is.
  ['http://node1:9100/metrics?x=1', 'http://node1:9100/metrics?x=1'],
  // This very server: scheme, host and port of the external URL.
  ['http://localhost:9090/metrics', 'https://prom.example/metrics'],
  ['http://[::1]:9090/metrics', 'https://prom.example/metrics'],
  // Another server on this host: only the host changes.
  ['http://127.0.0.1:9100/metrics?a=b', 'http://prom.example:9100/metrics?a=b'],
  ['http://localhost/metrics', 'http://prom.example/metrics'],
])('globalUrl(%s)', (scrapeUrl, expected) => {
  expect(globalUrl(scrapeUrl, settings)).toBe(expected);
});
