import { expect, it } from 'vitest';
import { type Asked, askEngine, loaded } from '../../../test/support/ask-engine.ts';
import { functionImplementations } from './registry.ts';

/** Buckets that fall twice, by 1 and by 3; at the third step they do not. */
const queryable = loaded(`load 1m
  b_bucket{le="0.1"} 1 5 5
  b_bucket{le="1"} 0 2 9
  b_bucket{le="10"} 4 6 9
  b_bucket{le="+Inf"} 10 10 10
`);

function ask(text: string): Promise<Asked> {
  return askEngine(text, { start: 0, end: 120, step: 60 }, { queryable, functions: functionImplementations });
}

/** As Prometheus 3.14 tells it, its count of samples included. */
const MENDED =
  'PromQL info: input to histogram_quantile needed to be fixed for monotonicity (see ' +
  'https://prometheus.io/docs/prometheus/latest/querying/functions/#histogram_quantile), from buckets 1 to 1, with a ' +
  'max diff of 3, over 8 samples from 1970-01-01T00:00:00Z to 1970-01-01T00:01:00Z';

it('histogram_quantile tells what it had to mend of buckets that fall', async () => {
  const { infos, series } = await ask('histogram_quantile(0.5, b_bucket)');
  expect(infos).toEqual([`${MENDED} (1:25)`]);
  expect(series).toEqual({ '{}': '10 0.1 0.1' });
});

it('histogram_quantiles tells it once for all quantiles, at its vector', async () => {
  const { infos, series, warnings } = await ask('histogram_quantiles(b_bucket, "q", 2, 0.5, 0.9)');
  expect(infos).toEqual([`${MENDED} (1:21)`]);
  expect(warnings).toEqual(['PromQL warning: quantile value should be between 0 and 1, got 2 (1:36)']);
  expect(series).toEqual({
    '{q="2.0"}': 'Infinity Infinity Infinity',
    '{q="0.5"}': '10 0.1 0.1',
    '{q="0.9"}': '10 10 1',
  });
});

it('buckets that two operands mend are told of at the first', async () => {
  const { infos } = await ask('histogram_quantile(0.5, b_bucket) + on() sum(histogram_quantiles(b_bucket, "q", 0.5))');
  expect(infos).toEqual([`${MENDED.replace('over 8', 'over 16')} (1:25)`]);
});

it('histogram_quantiles tells of a value out of range at the quantile that has it last', async () => {
  const { warnings } = await ask('histogram_quantiles(b_bucket, "q", time() / 60, 2 - time() / 120)');
  expect(warnings.toSorted()).toEqual([
    'PromQL warning: quantile value should be between 0 and 1, got 1.5 (1:49)',
    'PromQL warning: quantile value should be between 0 and 1, got 2 (1:36)',
  ]);
});

it('histogram_quantiles tells nothing of buckets where no quantile looks at them', async () => {
  const { infos, warnings } = await ask('histogram_quantiles(b_bucket, "q", 2, -1)');
  expect(infos).toEqual([]);
  expect(warnings).toHaveLength(2);
});

it('histogram_quantiles tells it once for a quantile that changes', async () => {
  const { infos } = await ask('histogram_quantiles(b_bucket, "q", time() / 240)');
  expect(infos).toEqual([`${MENDED} (1:21)`]);
});

it('histogram_quantiles lets counts of equal bounds grow with every quantile that looks at them', async () => {
  const equal = loaded(`load 1m
    b{i="0", le="0.1"} 2
    b{i="0", le="0.10"} 3
    b{i="0", le="1"} 8
    b{i="0", le="1.0"} 1
    b{i="0", le="+Inf"} 10
    b{i="1", le="0.1"} 2
    b{i="1", le="0.10"} 3
    b{i="1", le="1"} 2
    b{i="1", le="1.0"} 1
    b{i="1", le="+Inf"} 10
  `);
  const asked = await askEngine(
    'histogram_quantiles(b, "q", 0.5, 0.9, 2, 0.25)',
    { at: 0 },
    { queryable: equal, functions: functionImplementations },
  );
  expect(asked.series).toEqual({
    '{i="0", q="0.5"}': '0.1',
    '{i="1", q="0.5"}': '0.1',
    '{i="0", q="0.9"}': '1',
    '{i="1", q="0.9"}': '1',
    '{i="0", q="2.0"}': 'Infinity',
    '{i="1", q="2.0"}': 'Infinity',
    '{i="0", q="0.25"}': '1',
    '{i="1", q="0.25"}': '1',
  });
  expect(asked.infos[0]).toContain('from buckets 1 to 1, with a max diff of 2, over 1 samples');
});

it('buckets of which one has the bound NaN come in the order of the reference', async () => {
  const odd = loaded(`load 1m
    b{le="10"} 4 6 9
    b{le="1"} 3 2 9
    b{le="NaN"} 1 3 2
    b{le="0.1"} 1 5 5
    b{le="+Inf"} 10 10 10
  `);
  const times = { start: 0, end: 120, step: 60 };
  const options = { queryable: odd, functions: functionImplementations };
  const quantiles = await askEngine('histogram_quantiles(b, "q", 0.5, 0.9)', times, options);
  expect(quantiles.series).toEqual({
    '{q="0.5"}': '0.1 7.75 0.5555555555555556',
    '{q="0.9"}': '0.1 0.1 1',
  });
  const fraction = await askEngine('histogram_fraction(0, 5, b)', times, options);
  expect(fraction.series).toEqual({ '{}': '0.34444444444444444 0.37777777777777777 0.9' });
});
