import { describe, expect, test } from 'vitest';
import { askEngine, loaded } from '../../../test/support/ask-engine.ts';
import { functionImplementations } from '../functions/registry.ts';

const storage = loaded(`load 1m
  typed{__type__="counter", i="1"} 1x10
  typed{__type__="gauge", i="1"} 2x10
  typed{__unit__="bytes", i="2"} 3x10
  h{__type__="histogram", i="1"} {{schema:0 sum:2 count:4 buckets:[4]}}x10
  v 1 2 1 2
  cl_bucket{le="1"} 1x10
  cl_bucket{le="+Inf"} 2x10`);

function ask(text: string, end = 0) {
  const options = { queryable: storage, functions: functionImplementations };
  return askEngine(text, end === 0 ? { at: 120 } : { start: 0, end, step: 60 }, options);
}

describe('type and unit go with the metric name', () => {
  test.each([
    'abs(typed)',
    '-typed',
    'typed + 1',
    'typed == bool 1',
    'rate(typed[5m])',
    'timestamp(typed)',
    'sum by (i) (abs(typed))',
    'sum(abs(typed))',
    'count(rate(typed[5m]))',
    'scalar(-typed)',
    'absent(typed + 1)',
  ])('%s: series that differ in them alone become equal', async (text) => {
    for (const end of [0, 120]) {
      await expect(ask(text, end)).rejects.toThrow('vector cannot contain metrics with the same labelset');
    }
  });

  test('those of two names or of other labels stay apart', async () => {
    const { series } = await ask('abs(typed{__type__!="gauge"})');
    expect(series).toEqual({ '{i="1"}': '1', '{i="2"}': '3' });
  });

  test('histogram_count and the like leave them', async () => {
    expect((await ask('histogram_count(h)')).series).toEqual({ '{__type__="histogram", i="1"}': '4' });
    expect((await ask('histogram_quantile(1, h)')).series).toEqual({ '{i="1"}': '1' });
  });
});

test('a metric name that a function makes of values stays, and series that lose it are merged', async () => {
  expect((await ask('histogram_quantiles(cl_bucket, "__name__", 0.5)')).series).toEqual({ '{__name__="0.5"}': '1' });
  expect((await ask('abs(count_values("__name__", v))', 180)).series).toEqual({ '{}': '1 1 1 1' });
});
