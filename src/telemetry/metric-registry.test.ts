import { expect, test } from 'vitest';
import { ManualClock } from '../std/manual-clock.ts';
import { metricNumber } from './exposition-text.ts';
import { createRegistry } from './metric-registry.ts';

test('render() prints families by name, children by label values, values and help escaped', () => {
  const registry = createRegistry(new ManualClock());
  registry.gauge({ name: 'b_bytes', help: 'Second.' }).with().set(2.5);
  const requests = registry.counter({ name: 'a_total', help: 'A "help" with \\ and\nlines.', labelNames: ['path'] });
  requests.with('z').inc();
  requests.with('a"b\\c\nd').inc(2);
  expect(registry.render()).toBe(
    [
      '# HELP a_total A "help" with \\\\ and\\nlines.',
      '# TYPE a_total counter',
      'a_total{path="a\\"b\\\\c\\nd"} 2',
      'a_total{path="z"} 1',
      '# HELP b_bytes Second.',
      '# TYPE b_bytes gauge',
      'b_bytes 2.5',
      '',
    ].join('\n'),
  );
});

test('a metric without labels shows its zero, a family without children shows nothing', () => {
  const registry = createRegistry(new ManualClock());
  registry.counter({ name: 'plain_total', help: 'x' });
  registry.counter({ name: 'labelled_total', help: 'x', labelNames: ['a'] });
  expect(registry.render()).toBe('# HELP plain_total x\n# TYPE plain_total counter\nplain_total 0\n');
});

test('a removed child is gone; with() makes it anew', () => {
  const registry = createRegistry(new ManualClock());
  const family = registry.counter({ name: 'a_total', help: 'x', labelNames: ['a'] });
  family.with('1').inc(5);
  family.remove('1');
  expect(registry.render()).toBe('');
  expect(family.with('1').value).toBe(0);
});

test('the same family may be asked for twice, another of its name may not', () => {
  const registry = createRegistry(new ManualClock());
  registry.counter({ name: 'a_total', help: 'x' }).with().inc();
  expect(registry.counter({ name: 'a_total', help: 'x' }).with().value).toBe(1);
  expect(() => registry.gauge({ name: 'a_total', help: 'x' })).toThrow('a_total');
  expect(() => registry.counterFrom({ name: 'a_total', help: 'x' }, () => 1)).toThrow('a_total');
  expect(() => registry.counter({ name: 'b_total', help: 'x', labelNames: ['l'] }).with()).toThrow('b_total');
});

test('counters ignore what would make them fall', () => {
  const counter = createRegistry(new ManualClock()).counter({ name: 'a_total', help: 'x' }).with();
  counter.inc(2);
  counter.inc(-1);
  counter.inc(Number.NaN);
  expect(counter.value).toBe(2);
});

test('histograms cumulate their buckets; a bound belongs to its bucket, NaN to none but +Inf', () => {
  const registry = createRegistry(new ManualClock());
  const histogram = registry.histogram({ name: 'h', help: 'x', labelNames: ['a'], buckets: [0.1, 1] }).with('v');
  for (const value of [0.05, 0.1, 0.5, 7]) histogram.observe(value);
  expect(registry.render().split('\n').slice(2, -1)).toEqual([
    'h_bucket{a="v",le="0.1"} 2',
    'h_bucket{a="v",le="1"} 3',
    'h_bucket{a="v",le="+Inf"} 4',
    'h_sum{a="v"} 7.65',
    'h_count{a="v"} 4',
  ]);
  histogram.observe(Number.NaN);
  expect(registry.render()).toContain('h_bucket{a="v",le="1"} 3\nh_bucket{a="v",le="+Inf"} 5\n');
});

test('summaries give quantiles of the last ten minutes and NaN when those are empty', () => {
  const clock = new ManualClock();
  const registry = createRegistry(clock);
  const summary = registry.summary({ name: 's', help: 'x', quantiles: [0.5, 0.9] }).with();
  for (let i = 1; i <= 100; i++) summary.observe(i);
  expect(registry.render()).toContain('s{quantile="0.5"} 50\ns{quantile="0.9"} 90\ns_sum 5050\ns_count 100\n');
  clock.advance(11 * 60_000);
  expect(registry.render()).toContain('s{quantile="0.5"} NaN\ns{quantile="0.9"} NaN\ns_sum 5050\ns_count 100\n');
  summary.observe(7);
  expect(registry.render()).toContain('s{quantile="0.5"} 7\n');
});

test('summaries of many observations stay near the true quantile', () => {
  const registry = createRegistry(new ManualClock());
  const summary = registry.summary({ name: 's', help: 'x', quantiles: [0.5] }).with();
  for (let i = 0; i < 100_000; i++) summary.observe(i);
  const median = Number(/quantile="0.5"} (\S+)/.exec(registry.render())![1]);
  expect(Math.abs(median - 50_000)).toBeLessThan(10_000);
});

test('callbacks are read at every rendering', () => {
  const registry = createRegistry(new ManualClock());
  let value = 1;
  registry.gaugeFrom({ name: 'a', help: 'x' }, () => value);
  registry.countersFrom({ name: 'b_total', help: 'x', labelNames: ['l'] }, () => [[['v'], value * 2]]);
  expect(registry.render()).toContain('\na 1\n');
  value = 3;
  expect(registry.render()).toContain('\na 3\n');
  expect(registry.render()).toContain('\nb_total{l="v"} 6\n');
});

test('metricNumber() writes numbers as the reference does', () => {
  // Left: values; right: what Go's strconv.FormatFloat(v, 'g', -1, 64) gives.
  const cases: [number, string][] = [
    [0, '0'],
    [-0, '-0'],
    [1, '1'],
    [0.25, '0.25'],
    [100_000, '100000'],
    [999_999, '999999'],
    [1_000_000, '1e+06'],
    [1_234_567, '1.234567e+06'],
    [123_456.5, '123456.5'],
    [0.0001, '0.0001'],
    [0.00001, '1e-05'],
    [1e100, '1e+100'],
    [-2.5e-7, '-2.5e-07'],
    [Infinity, '+Inf'],
    [-Infinity, '-Inf'],
    [Number.NaN, 'NaN'],
  ];
  for (const [value, text] of cases) expect(metricNumber(value)).toBe(text);
});

test('values that are read when they are shown are of the kind they were registered as', () => {
  const registry = createRegistry(new ManualClock());
  const labelNames = ['type'];
  registry.counterFrom({ name: 'a_total', help: 'x' }, () => 1);
  registry.countersFrom({ name: 'b_total', help: 'x', labelNames }, () => [[['float'], 2]]);
  registry.gaugeFrom({ name: 'c', help: 'x' }, () => 3);
  registry.gaugesFrom({ name: 'd', help: 'x', labelNames }, () => [[['float'], 4]]);
  expect(
    registry
      .render()
      .split('\n')
      .filter((line) => !line.startsWith('# HELP')),
  ).toEqual([
    '# TYPE a_total counter',
    'a_total 1',
    '# TYPE b_total counter',
    'b_total{type="float"} 2',
    '# TYPE c gauge',
    'c 3',
    '# TYPE d gauge',
    'd{type="float"} 4',
    '',
  ]);
});
