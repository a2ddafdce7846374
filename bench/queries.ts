/** What the query bench asks; times are relative to the newest sample. */
export interface BenchQuery {
  readonly name: string;
  readonly path: 'query' | 'query_range' | 'series' | 'labels' | 'label/handler/values';
  readonly expr: string;
  /** Of a range query or a metadata call. */
  readonly rangeMs: number;
}

const HOUR = 3_600_000;

const EXPRESSIONS: readonly (readonly [name: string, expr: string])[] = [
  ['select one', 'bench_requests_total{instance="host-0:9100",handler="/api/v1/route3",code="200"}'],
  ['select 200', 'bench_requests_total{instance="host-0:9100"}'],
  ['select regex', 'bench_requests_total{handler=~"/api/v1/route1.*",code=~"2..|3.."}'],
  ['gauge with gaps', 'bench_temperature_celsius{sensor=~"s[0-9]"}'],
  ['rate 200', 'rate(bench_requests_total{instance="host-0:9100"}[5m])'],
  ['rate 2000', 'rate(bench_requests_total[5m])'],
  ['irate', 'irate(bench_requests_total{code="200"}[5m])'],
  ['increase 1h', 'increase(bench_requests_total{instance="host-1:9100"}[1h])'],
  ['sum rate', 'sum(rate(bench_requests_total[5m]))'],
  ['sum by rate', 'sum by (handler) (rate(bench_requests_total[5m]))'],
  ['sum without rate', 'sum without (instance, code) (rate(bench_requests_total[5m]))'],
  ['avg over time', 'avg_over_time(bench_temperature_celsius{job="api"}[10m])'],
  ['max over time 1h', 'max_over_time(bench_temperature_celsius{job="api"}[1h])'],
  ['sum over time 1h', 'sum_over_time(bench_temperature_celsius{job="worker"}[1h])'],
  ['count over time', 'count_over_time(bench_temperature_celsius[5m])'],
  ['quantile over time', 'quantile_over_time(0.9, bench_temperature_celsius{sensor=~"s1."}[10m])'],
  ['histogram quantile', 'histogram_quantile(0.99, sum by (le) (rate(bench_latency_seconds_bucket[5m])))'],
  ['histogram quantile by', 'histogram_quantile(0.9, sum by (le, handler) (rate(bench_latency_seconds_bucket[5m])))'],
  [
    'ratio join',
    'sum by (handler) (rate(bench_latency_seconds_sum[5m])) / sum by (handler) (rate(bench_latency_seconds_count[5m]))',
  ],
  ['vector join 200', 'rate(bench_latency_seconds_sum[5m]) / rate(bench_latency_seconds_count[5m])'],
  [
    'group left',
    'bench_latency_seconds_count * on (instance) group_left () (sum by (instance) (bench_latency_seconds_sum) > 0)',
  ],
  [
    'selective join',
    'rate(bench_latency_seconds_sum{handler="/api/v1/route3"}[5m]) / rate(bench_latency_seconds_count[5m])',
  ],
  [
    'selective sum join',
    'sum by (instance) (rate(bench_requests_total{instance="host-0:9100"}[5m])) / sum by (instance) (rate(bench_latency_seconds_count[5m]))',
  ],
  ['topk', 'topk(5, rate(bench_requests_total[5m]))'],
  ['bottomk by', 'bottomk by (handler) (2, bench_requests_total)'],
  ['comparison', 'bench_temperature_celsius > 30'],
  ['and', 'bench_temperature_celsius > 25 and bench_temperature_celsius < 30'],
  ['or', 'bench_latency_seconds_sum or bench_latency_seconds_count'],
  ['unless', 'bench_requests_total{code="200"} unless bench_requests_total{code="250"}'],
  ['arithmetic', '(bench_temperature_celsius * 9 / 5) + 32'],
  ['label replace', 'sum by (host) (label_replace(bench_requests_total, "host", "$1", "instance", "(.*):.*"))'],
  ['deriv', 'deriv(bench_temperature_celsius{job="api"}[15m])'],
  ['changes', 'changes(bench_temperature_celsius{sensor="s7"}[30m])'],
  ['resets', 'resets(bench_requests_total{code="500"}[1h])'],
  ['count', 'count by (job) (bench_requests_total)'],
  ['min max', 'max by (instance) (bench_temperature_celsius) - min by (instance) (bench_temperature_celsius)'],
  ['absent', 'absent(bench_nothing{job="api"})'],
];

const METADATA: readonly BenchQuery[] = [
  { name: 'series 200', path: 'series', expr: 'bench_requests_total{instance="host-0:9100"}', rangeMs: HOUR },
  { name: 'series regex', path: 'series', expr: '{__name__=~"bench_.*",handler="/api/v1/route1"}', rangeMs: HOUR },
  { name: 'label names', path: 'labels', expr: '', rangeMs: HOUR },
  { name: 'label values', path: 'label/handler/values', expr: '', rangeMs: HOUR },
  {
    name: 'label values matched',
    path: 'label/handler/values',
    expr: 'bench_requests_total{job="api"}',
    rangeMs: HOUR,
  },
];

/** Every expression at one moment, over an hour and over six, then metadata calls. */
export const BENCH_QUERIES: readonly BenchQuery[] = [
  ...EXPRESSIONS.map(([name, expr]): BenchQuery => ({ name: `${name} @now`, path: 'query', expr, rangeMs: 0 })),
  ...EXPRESSIONS.map(([name, expr]): BenchQuery => ({ name: `${name} 1h`, path: 'query_range', expr, rangeMs: HOUR })),
  ...EXPRESSIONS.filter((_, index) => index % 3 === 0).map(
    ([name, expr]): BenchQuery => ({ name: `${name} 6h`, path: 'query_range', expr, rangeMs: 6 * HOUR }),
  ),
  ...METADATA,
];
