import { describe, expect, test } from 'vitest';
import { askEngine, loaded } from '../../../../test/support/ask-engine.ts';

async function atZero(script: string, text: string): Promise<Readonly<Record<string, string>>> {
  return (await askEngine(text, { at: 0 }, { queryable: loaded(`load 1m\n${script}`) })).series;
}

function values(...numbers: readonly (number | string)[]): string {
  return numbers.map((number, i) => `  m{i="${i}"} ${number}`).join('\n');
}

describe('sum and avg', () => {
  test('lose nothing to rounding', async () => {
    expect(await atZero(values(1, 1e100, 1, -1e100), 'sum(m)')).toEqual({ '{}': '2' });
    expect(await atZero(values(1, 1e100, 1, -1e100), 'avg(m)')).toEqual({ '{}': '0.5' });
  });

  test('avg survives a sum beyond the greatest number', async () => {
    expect(await atZero(values(1.5e308, 1.5e308, 1.5e308), 'avg(m)')).toEqual({ '{}': '1.5e+308' });
    expect(await atZero(values(-1.5e308, 'Inf'), 'avg(m)')).toEqual({ '{}': 'Infinity' });
  });
});

describe('min and max', () => {
  test('take NaN only where there is nothing else', async () => {
    expect(await atZero(values('NaN', 3, 'NaN', 2), 'min(m)')).toEqual({ '{}': '2' });
    expect(await atZero(values('NaN', 3, 'NaN', 2), 'max(m)')).toEqual({ '{}': '3' });
    expect(await atZero(values('NaN', 'NaN'), 'max(m)')).toEqual({ '{}': 'NaN' });
  });
});

describe('stddev and stdvar', () => {
  test('are those of the population, NaN where a value is not finite at first', async () => {
    expect(await atZero(values(2, 4, 4, 4, 5, 5, 7, 9), 'stddev(m)')).toEqual({ '{}': '2' });
    expect(await atZero(values(2, 4, 4, 4, 5, 5, 7, 9), 'stdvar(m)')).toEqual({ '{}': '4' });
    expect(await atZero(values('Inf', 1), 'stdvar(m)')).toEqual({ '{}': 'NaN' });
  });
});

describe('quantile', () => {
  test.each([
    ['0.5', '25'],
    ['0', '10'],
    ['1', '40'],
    ['0.9', '37'],
    ['-1', '-Infinity'],
    ['2', 'Infinity'],
    ['NaN', 'NaN'],
  ])('%s', async (q, expected) => {
    expect(await atZero(values(40, 10, 30, 20), `quantile(${q}, m)`)).toEqual({ '{}': expected });
  });

  test('leaves zeros of both signs in the order of their series', async () => {
    expect(await atZero(values(0, '-0', '-0'), 'quantile(0.25, m)')).toEqual({ '{}': '0' });
    expect(await atZero(values('-0', '-0', 0), 'quantile(0.25, m)')).toEqual({ '{}': '-0' });
  });

  test('counts NaN as the least value', async () => {
    expect(await atZero(values('NaN', 1, 2), 'quantile(0, m)')).toEqual({ '{}': 'NaN' });
    expect(await atZero(values('NaN', 1, 2), 'quantile(1, m)')).toEqual({ '{}': '2' });
  });

  test('warns of what is no quantile, once for each kind', async () => {
    const { warnings } = await askEngine(
      'quantile(time() - 1, vector(time()))',
      { start: 0, end: 3, step: 1 },
      { queryable: loaded('') },
    );
    expect(warnings).toEqual([
      'PromQL warning: quantile value should be between 0 and 1, got 2 (1:10)',
      'PromQL warning: quantile value should be between 0 and 1, got -1 (1:10)',
    ]);
  });
});

describe('topk and bottomk', () => {
  const script = `${values(5, 'NaN', 7, 1)}\n  n{i="0"} 9`;

  test('give whole series, the strongest first, NaN last', async () => {
    expect(Object.entries(await atZero(script, 'topk(3, m)'))).toEqual([
      ['{__name__="m", i="2"}', '7'],
      ['{__name__="m", i="0"}', '5'],
      ['{__name__="m", i="3"}', '1'],
    ]);
    expect(Object.values(await atZero(script, 'bottomk(2, m)'))).toEqual(['1', '5']);
    expect(Object.values(await atZero(script, 'topk(9, m)'))).toEqual(['7', '5', '1', 'NaN']);
  });

  test('take their number from each step', async () => {
    const queryable = loaded('load 1s\n  m{i="a"} 1+1x5\n  m{i="b"} 4-1x5');
    const { series } = await askEngine('topk(time(), m)', { start: 0, end: 3, step: 1 }, { queryable });
    expect(series).toEqual({ '{__name__="m", i="a"}': '_ _ 3 4', '{__name__="m", i="b"}': '_ 3 2 1' });
  });

  test('refuse what is no number of series', async () => {
    await expect(atZero(script, 'topk(NaN, m)')).rejects.toThrow('Parameter value is NaN');
    await expect(atZero(script, 'topk(1e19, m)')).rejects.toThrow('Scalar value 1e+19 overflows int64');
    expect(await atZero(script, 'topk(0, m)')).toEqual({});
  });

  test.each(['topk(NaN', 'limitk(NaN', 'limitk(1e19', 'limit_ratio(NaN'])(
    '%s, ...) tells first what is wrong with the series',
    async (begin) => {
      await expect(atZero(script, `${begin}, n + on () m)`)).rejects.toThrow('found duplicate series');
      await expect(atZero(script, `${begin}, n)`)).rejects.toThrow(/value/);
    },
  );
});

describe('count_values', () => {
  test('makes a label of every value', async () => {
    const script = '  m{a="x", b="1"} 5\n  m{a="x", b="2"} 5\n  m{a="y", b="3"} 0.1';
    expect(await atZero(script, 'count_values("v", m)')).toEqual({ '{v="5"}': '2', '{v="0.1"}': '1' });
    expect(await atZero(script, 'count_values by (a) ("v", m)')).toEqual({
      '{a="x", v="5"}': '2',
      '{a="y", v="0.1"}': '1',
    });
    expect(await atZero(script, 'count_values without (b) ("b", m)')).toEqual({ '{a="x"}': '2', '{a="y"}': '1' });
  });

  test('writes values without exponent', async () => {
    expect(await atZero(values(1e22, 1e-7), 'count_values("v", m)')).toEqual({
      '{v="10000000000000000000000"}': '1',
      '{v="0.0000001"}': '1',
    });
  });
});

describe('limitk and limit_ratio', () => {
  test('limitk takes so many of each group', async () => {
    const script = '  m{a="x", b="1"} 1\n  m{a="x", b="2"} 1\n  m{a="y", b="3"} 1';
    expect(Object.keys(await atZero(script, 'limitk(1, m)'))).toHaveLength(1);
    expect(Object.keys(await atZero(script, 'limitk by (a) (1, m)'))).toHaveLength(2);
    expect(Object.keys(await atZero(script, 'limitk(5, m)'))).toHaveLength(3);
  });

  test('limit_ratio and its complement share the series out', async () => {
    const script = Array.from({ length: 100 }, (_, i) => `  m{i="${i}"} ${i}`).join('\n');
    const some = Object.keys(await atZero(script, 'limit_ratio(0.3, m)'));
    const rest = Object.keys(await atZero(script, 'limit_ratio(-0.7, m)'));
    expect(some.length).toBeGreaterThan(10);
    expect(some.length + rest.length).toBe(100);
    expect(new Set([...some, ...rest]).size).toBe(100);
  });

  test('of two limit_ratio in each other that say the same the outer one tells it', async () => {
    for (const ratio of ['1.5', '-2']) {
      const { warnings } = await askEngine(`limit_ratio(${ratio}, limit_ratio(${ratio}, vector(1)))`, { at: 0 });
      expect(warnings).toEqual([expect.stringMatching(/ \(1:13\)$/)]);
    }
  });

  test('limit_ratio warns beyond 1', async () => {
    const { warnings } = await askEngine('limit_ratio(1.5, vector(1))', { at: 0 });
    expect(warnings).toEqual(['PromQL warning: ratio value should be between -1 and 1, got 1.5, capping to 1 (1:13)']);
  });
});

describe('floats and histograms in one group', () => {
  const EXPONENTIAL = '{{schema:0 sum:1 count:1 buckets:[1]}}';
  const CUSTOM = '{{schema:-53 sum:1 count:1 custom_values:[1] buckets:[1]}}';
  const MIX = 'PromQL warning: encountered a mix of histograms and floats for aggregation (1:5)';
  const SCHEMAS =
    'PromQL warning: vector contains a mix of histograms with exponential and custom buckets schemas for metric name "m" (1:5)';

  test.each([
    ['after a float no histogram is looked at', [1, EXPONENTIAL, CUSTOM], [MIX]],
    ['after histograms that do not go together no float is', [EXPONENTIAL, CUSTOM, 1], [SCHEMAS]],
    ['in between both are told', [EXPONENTIAL, 1, CUSTOM], [SCHEMAS, MIX]],
    ['histograms that go together', [EXPONENTIAL, EXPONENTIAL, 1], [MIX]],
  ])('%s', async (_, samples, expected) => {
    for (const op of ['sum', 'avg']) {
      const queryable = loaded(`load 1m\n${values(...samples)}`);
      const { series, warnings } = await askEngine(`${op}(m)`, { at: 0 }, { queryable });
      expect(series).toEqual({});
      expect([...warnings].sort()).toEqual([...expected].sort());
    }
  });
});

test('quantile() out of range is told where it is calculated last', async () => {
  const { warnings } = await askEngine(
    'quantile(-1, quantile(-1, m))',
    { at: 0 },
    { queryable: loaded('load 1m\n  m 1') },
  );
  expect(warnings).toEqual(['PromQL warning: quantile value should be between 0 and 1, got -1 (1:10)']);
});

test('quantile() out of range is told where the parameter is infinite on one step and NaN on another', async () => {
  const infinities = 'PromQL warning: quantile value should be between 0 and 1, got';
  for (const sign of ['+', '-']) {
    const { warnings } = await askEngine(
      `quantile((time() - 1) * ${sign}Inf, m)`,
      { start: 1, end: 2, step: 1 },
      { queryable: loaded('load 1m\n  m 1') },
    );
    expect([...warnings].sort()).toEqual([`${infinities} ${sign}Inf (1:10)`, `${infinities} NaN (1:10)`]);
  }
});
