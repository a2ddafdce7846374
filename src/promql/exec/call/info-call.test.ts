import { expect, test } from 'vitest';
import { askEngine, loaded } from '../../../../test/support/ask-engine.ts';
import { functionImplementations } from '../../functions/registry.ts';

const queryable = loaded(`load 1m
  target_info{job="a", instance="1", data="d"} 1
  x{job="a", instance="1"} 1 2 3
  y{job="b"} _ 1
`);

/** As Prometheus 3.14 answers: without a second argument info series are looked for where the query reads anyway. */
test.each([
  ['info(x)', { at: 60 }, { '{__name__="x", data="d", instance="1", job="a"}': '2' }],
  ['info(last_over_time(x[30s]))', { at: 60 }, { '{__name__="x", instance="1", job="a"}': '2' }],
  ['info(last_over_time(x[60s]))', { at: 60 }, { '{__name__="x", instance="1", job="a"}': '2' }],
  ['info(last_over_time(x[61s]))', { at: 60 }, { '{__name__="x", data="d", instance="1", job="a"}': '2' }],
  [
    'info(last_over_time(x[30s]), {data=~".+"})',
    { at: 60 },
    { '{__name__="x", data="d", instance="1", job="a"}': '2' },
  ],
  [
    'info(last_over_time(x[30s])) or y',
    { at: 60 },
    { '{__name__="x", data="d", instance="1", job="a"}': '2', '{__name__="y", job="b"}': '1' },
  ],
  [
    'info(last_over_time(x[30s]))',
    { start: 0, end: 120, step: 60 },
    { '{__name__="x", data="d", instance="1", job="a"}': '1 2 3' },
  ],
  [
    'info(last_over_time(x[30s]))',
    { start: 60, end: 120, step: 60 },
    { '{__name__="x", instance="1", job="a"}': '2 3' },
  ],
])('%s at %o', async (query, when, series) => {
  const asked = await askEngine(query, when, { queryable, functions: functionImplementations });
  expect(asked.series).toEqual(series);
});

test('info() finds the info series of more instances than a pattern has room for', async () => {
  const targets = Array.from({ length: 50_001 }, (_, i) => `x{job="a", instance="${i}"} ${i}`);
  const many = loaded(`load 1m
  target_info{job="a", instance="7", data="d"} 1
  target_info{job="b", instance="7", data="other"} 1
  target_info{job="a", instance="none", data="e"} {{schema:0 count:1 sum:1 buckets:[1]}}
  ${targets.join('\n  ')}
`);
  const functions = functionImplementations;
  const asked = await askEngine('info(x, {data=~".+"})', { at: 0 }, { queryable: many, functions });
  expect(asked.series).toEqual({ '{__name__="x", data="d", instance="7", job="a"}': '7' });
  const all = await askEngine('count(info(x))', { at: 0 }, { queryable: many, functions });
  expect(all.series).toEqual({ '{}': '50001' });
});
