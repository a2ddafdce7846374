import { describe, expect, it } from 'vitest';
import type { Labels } from '../../src/model/labels.ts';
import { functionImplementations } from '../../src/promql/functions/registry.ts';
import type { Querier, Queryable, SeriesSet } from '../../src/storage/query.ts';
import { askEngine, loaded } from '../support/ask-engine.ts';

const SCRIPT = `load 1m
${['a', 'b', 'c']
  .flatMap((host) => [
    `  requests_total{host="${host}", code="200"} 0+${host.charCodeAt(0)}x20`,
    `  requests_total{host="${host}", code="500"} 0+2x20`,
    `  errors_total{host="${host}", code="500"} 0+1x20`,
    `  info{host="${host}", zone="z${host}"} 1x20`,
    `  latency_bucket{host="${host}", le="1"} 0+1x20`,
    `  latency_bucket{host="${host}", le="+Inf"} 0+3x20`,
  ])
  .join('\n')}
  errors_total{host="d", code="500"} _x15 1x5
  gone{host="a"} 1 stale
  twin_one{host="a"} 1x20
  twin_two{host="a"} _x30
`;

const QUERIES = [
  'requests_total',
  'rate(requests_total[5m])',
  'sum by (host) (rate(requests_total[5m]))',
  'sum without (code) (requests_total)',
  'topk by (code) (1, requests_total)',
  'label_replace(requests_total, "short", "$1", "host", "(.*)")',
  'sum by (short) (label_replace(requests_total, "short", "x$1", "host", "(.*)"))',
  'label_join(requests_total, "both", "-", "host", "code")',
  'label_join(requests_total, "both", "+", "host", "code")',
  'requests_total / requests_total',
  'requests_total{code="500"} - errors_total',
  'requests_total{code="500"} > bool errors_total',
  'requests_total{code="500"} > errors_total',
  'requests_total * on (host) group_left (zone) info',
  'requests_total * on (host) group_left () info',
  'info * on (host) group_right (zone) requests_total',
  'requests_total{code="500"} + on (host, code) fill(7) errors_total',
  'errors_total and requests_total{code="500"}',
  'histogram_quantile(0.5, rate(latency_bucket[5m]))',
  'sum by (host) (errors_total) / sum by (host) (requests_total)',
  'abs({__name__=~"twin_.*"})',
  'requests_total + gone',
];

/** A storage that gives the same list of label sets for the same matchers, as the head does. */
function lasting(inner: Queryable): Queryable {
  const lists = new Map<string, readonly Labels[]>();
  return {
    querier: (range) => {
      const querier = inner.querier(range);
      const select: Querier['select'] = (request) => {
        const set = querier.select(request) as SeriesSet;
        const found = Array.from({ length: set.length }, (_, row) => set.labels(row));
        const key = `${JSON.stringify(request.matchers)} ${found.join()}`;
        const list = lists.get(key) ?? found;
        lists.set(key, list);
        return {
          length: set.length,
          warnings: set.warnings,
          labels: (row) => set.labels(row),
          read: (row, into) => set.read(row, into),
          lastingLabels: list,
        };
      };
      return { select, labelNames: () => [], labelValues: () => [], close: () => querier.close() };
    },
  };
}

describe('queries over lists of label sets that come again', () => {
  const plain = loaded(SCRIPT);
  it.each([false, true])('answer alike each time (names removed late: %s)', async (delayedNameRemoval) => {
    const again = lasting(plain);
    let failed = 0;
    for (const text of QUERIES) {
      for (const times of [{ at: 600 }, { at: 1140 }, { at: 600 }, { start: 0, end: 1200, step: 120 }]) {
        const answers = [];
        for (const queryable of [plain, again, again, again]) {
          const options = { queryable, functions: functionImplementations, delayedNameRemoval };
          const asked = await askEngine(text, times, options).catch((error: unknown) => ({ error: String(error) }));
          if ('error' in asked) answers.push(asked);
          else answers.push({ series: asked.series, bytes: asked.outcome.bytes, warnings: asked.warnings });
        }
        for (const answer of answers) expect({ text, ...answer }).toEqual({ text, ...answers[0] });
        if ('error' in answers[0]!) failed++;
      }
    }
    expect(failed).toBe(0);
  });
});
