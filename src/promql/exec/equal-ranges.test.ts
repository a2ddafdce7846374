import { expect, test } from 'vitest';
import { askEngine, loaded } from '../../../test/support/ask-engine.ts';
import { functionImplementations } from '../functions/registry.ts';

const storage = loaded(`load 1m
  a{i="1"} 1 2 stale
  b{i="1"} _ _ 3 4
  c{i="1"} 5x5
  h{i="1"} {{schema:0 sum:2 count:4 buckets:[4]}}x5
  d{i="1"} 6x5`);

function ask(text: string) {
  const options = { queryable: storage, functions: functionImplementations, delayedNameRemoval: true };
  return askEngine(text, { at: 180 }, options);
}

test('series of a subquery that lose their names at the end become one', async () => {
  const { series } = await ask('abs({__name__=~"a|b"})[4m:1m]');
  expect(series).toEqual({ '{i="1"}': '1@0 2@60 3@120 4@180' });
  expect((await ask('histogram_count({__name__=~"a|c"})[4m:1m]')).series).toEqual({});
});

test('they may not have values at the same time', async () => {
  await expect(ask('abs({__name__=~"a|c"})[4m:1m]')).rejects.toThrow('metrics with the same labelset');
});

test('equal label sets within an instant query are for the end of it to refuse', async () => {
  expect((await ask('sum(abs({__name__=~"b|c"}) or on (x) -c)')).series).toEqual({ '{}': '9' });
  await expect(ask('abs({__name__=~"b|c"})')).rejects.toThrow('metrics with the same labelset');
  expect((await ask('count(histogram_quantiles(h, "i", 0.5, 0.5))')).series).toEqual({ '{}': '2' });
  await expect(ask('histogram_quantiles(h, "i", 0.5, 0.5)')).rejects.toThrow('metrics with the same labelset');
});

test('a histogram hides a float of equal labels', async () => {
  const { sink } = await ask('delta({__name__=~"c|h"}[3m])');
  expect(sink.series.map(({ column }) => column.histograms?.[0]?.kind)).toEqual(['float']);
  await expect(ask('delta({__name__=~"h|c|d"}[3m])')).rejects.toThrow('metrics with the same labelset');
});
