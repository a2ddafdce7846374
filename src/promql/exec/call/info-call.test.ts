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
