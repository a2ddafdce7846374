import { expect, test } from 'vitest';
import { compileRelabelConfigs, defaultRelabelConfig, type RelabelConfig } from '../model/relabel.ts';
import { defaultScrapeSettings, type ScrapeSettings } from './scrape-config.ts';
import { targetsFromGroup } from './target.ts';

function make(
  target: Record<string, string>,
  settings: Partial<ScrapeSettings> = {},
  rules: readonly Partial<RelabelConfig>[] = [],
  group: Record<string, string> = {},
) {
  const compiled = compileRelabelConfigs(
    rules.map((rule) => ({ ...defaultRelabelConfig, ...rule })),
    'utf8',
  );
  const full = { ...defaultScrapeSettings, jobName: 'j', ...settings };
  return targetsFromGroup({ source: '0', targets: [target], labels: group }, full, compiled);
}

function only(...args: Parameters<typeof make>) {
  const { targets, failures } = make(...args);
  expect(failures).toEqual([]);
  return targets[0]!;
}

test('a target has its address as instance, its job, and the labels of its group', () => {
  const target = only({ __address__: 'h:80', own: 'x', shared: 'own' }, {}, [], { shared: 'group', env: 'e' });
  expect(target.labels.toString()).toBe('{env="e", instance="h:80", job="j", own="x", shared="own"}');
  expect([target.scrapeUrl, target.intervalMs, target.timeoutMs]).toEqual(['http://h:80/metrics', 60_000, 10_000]);
  expect(target.discoveredLabels.toObject()).toMatchObject({
    __address__: 'h:80',
    __scheme__: 'http',
    __metrics_path__: '/metrics',
    __scrape_interval__: '1m',
    __scrape_timeout__: '10s',
    __scrape_native_histograms__: 'false',
    job: 'j',
  });
});

test('relabelling decides on address, scheme, path, parameters, interval and timeout', () => {
  const set = (targetLabel: string, replacement: string) => ({ targetLabel, replacement });
  const rules = [
    set('__address__', '[::1]:9'),
    set('__scheme__', 'https'),
    set('__metrics_path__', 'a b/ü?'),
    set('__param_module', 'http 2xx&'),
    set('__scrape_interval__', '30s'),
    set('__scrape_timeout__', '1500ms'),
    set('__tmp_x', 'y'),
  ];
  const target = only({ __address__: 'h', __meta_x: '1' }, { params: { module: ['x', '2nd~*'], a: ['1'] } }, rules);
  expect(target.scrapeUrl).toBe('https://[::1]:9/a%20b/%C3%BC%3F?a=1&module=http+2xx%26&module=2nd~%2A');
  expect([target.intervalMs, target.timeoutMs]).toEqual([30_000, 1500]);
  expect(target.labels.toString()).toBe('{instance="[::1]:9", job="j"}');
});

test('a target that relabelling drops is remembered with what was discovered', () => {
  const { targets, dropped } = make({ __address__: 'h:80', __meta_x: '1' }, {}, [
    { sourceLabels: ['job'], action: 'drop' },
  ]);
  expect(targets).toEqual([]);
  expect(dropped[0]!.discoveredLabels.get('__meta_x')).toBe('1');
});

test('a target that can not be scraped is a failure in the words of the reference', () => {
  const failure = (...args: Parameters<typeof make>) => make(...args).failures[0];
  const set = (targetLabel: string, replacement: string) => [{ targetLabel, replacement }];
  const of = (message: string) => `instance 0 in group 0: ${message}`;
  expect(failure({})).toBe(of('no address'));
  expect(failure({ __address__: 'http://h' })).toBe(of('"http://h" is not a valid hostname'));
  const target = { __address__: 'h' };
  expect(failure(target, {}, set('__scrape_interval__', '5'))).toBe(
    of('error parsing scrape interval: not a valid duration string: "5"'),
  );
  expect(failure(target, {}, set('__scrape_interval__', '0s'))).toBe(of('scrape interval cannot be 0'));
  expect(failure(target, {}, set('__scrape_timeout__', '2m'))).toBe(
    of('scrape timeout cannot be greater than scrape interval ("2m" > "1m")'),
  );
  expect(failure(target, {}, set('__scrape_native_histograms__', 'maybe'))).toBe(
    of('error parsing scrape native histograms: strconv.ParseBool: parsing "maybe": invalid syntax'),
  );
});

test('targets with the same labels and URL are the same target', () => {
  expect(only({ __address__: 'h' }).key).toBe(only({ __address__: 'h', __meta_x: '1' }).key);
  expect(only({ __address__: 'h' }).key).not.toBe(only({ __address__: 'h' }, { params: { a: ['1', '2'] } }).key);
});
