import { describe, expect, test } from 'vitest';
import { askEngine, loaded } from '../../../../test/support/ask-engine.ts';

const storage = loaded(`load 1s
  errors{app="a", code="500"} 1 2 3
  errors{app="a", code="404"} 4 5 6
  errors{app="b", code="500"} 7 8 9
  total{app="a"} 10 20 30
  total{app="b"} 100x2
  build{app="a", version="1"} 1 stale _
  build{app="a", version="2"} _ 1 1
  owner{app="a", team="x"} 1x2
  owner{app="a", team="y"} _ _ 1
  lonely 5x2`);

const STEPS = { start: 0, end: 2, step: 1 };

async function ask(text: string): Promise<Readonly<Record<string, string>>> {
  return (await askEngine(text, STEPS, { queryable: storage })).series;
}

describe('one to one', () => {
  test('matches on labels and drops the name', async () => {
    expect(await ask('errors{code="500"} / on (app) total')).toEqual({
      '{app="a"}': '0.1 0.1 0.1',
      '{app="b"}': '0.07 0.08 0.09',
    });
    expect(await ask('errors{code="500"} - ignoring (code) total')).toEqual({
      '{app="a"}': '-9 -18 -27',
      '{app="b"}': '-93 -92 -91',
    });
  });

  test('a filter keeps name and left value, `bool` neither', async () => {
    expect(await ask('total > on (app) errors{code="500"} * 10')).toEqual({
      '{app="b"}': '100 100 100',
    });
    expect(await ask('total < ignoring (code) errors{code="500"} * 100')).toEqual({
      '{__name__="total", app="a"}': '10 20 30',
      '{__name__="total", app="b"}': '100 100 100',
    });
    expect(await ask('total > bool 15')).toEqual({ '{app="a"}': '0 1 1', '{app="b"}': '1 1 1' });
  });

  test('several series on the left are an error', async () => {
    await expect(ask('errors / on (app) total')).rejects.toThrow(
      'multiple matches for labels: many-to-one matching must be explicit (group_left/group_right)',
    );
  });
});

describe('mistakes on both sides', () => {
  const late = '(errors / on (app) total)';
  const early = '(total - on () errors)';

  test.each(['>=', '+', 'and', 'unless', 'or', '/ on (app) group_left ()', '/ on (app) group_right ()'])(
    'the left one of %s is told',
    async (op) => {
      await expect(ask(`${late} ${op} ${early}`)).rejects.toThrow('multiple matches for labels');
      await expect(ask(`${early} ${op} ${late}`)).rejects.toThrow('found duplicate series for the match group');
    },
  );

  test('a left side without one leaves the right one', async () => {
    await expect(ask(`total + ${early}`)).rejects.toThrow('found duplicate series for the match group');
    await expect(ask(`total and ${late}`)).rejects.toThrow('multiple matches for labels');
  });
});

describe('many to one', () => {
  test('group_left keeps the many side and takes labels over', async () => {
    expect(await ask('errors * on (app) group_left (version) build')).toEqual({
      '{app="a", code="404", version="1"}': '4 _ _',
      '{app="a", code="404", version="2"}': '_ 5 6',
      '{app="a", code="500", version="1"}': '1 _ _',
      '{app="a", code="500", version="2"}': '_ 2 3',
    });
  });

  test('group_right swaps the sides, not the operands', async () => {
    expect(await ask('total{app="b"} - on (app) group_right () errors')).toEqual({
      '{app="b", code="500"}': '93 92 91',
    });
  });

  test('results that get the same labels are an error', async () => {
    await expect(ask('errors * on (app) group_left (code) total')).rejects.toThrow(
      'multiple matches for labels: grouping labels must ensure unique matches',
    );
  });
});

describe('two series of a group on the one side', () => {
  const message =
    'found duplicate series for the match group {app="a"} on the right hand-side of the operation: ' +
    '[{__name__="owner", app="a", team="x"}, {__name__="owner", app="a", team="y"}]' +
    ';many-to-many matching not allowed: matching labels must be unique on one side';

  test('are an error where both have a value', async () => {
    await expect(ask('total * on (app) owner')).rejects.toThrow(message);
  });

  test('are fine as long as they take turns, or nobody asks', async () => {
    expect(await ask('total * on (app) build')).toEqual({ '{app="a"}': '10 20 30' });
    expect((await askEngine('total * on (app) owner', { at: 1 }, { queryable: storage })).series).toEqual({
      '{app="a"}': '20',
    });
    expect(await ask('(total > 1000) * on (app) owner')).toEqual({});
  });

  test('the side is named as it was written', async () => {
    await expect(ask('owner * on (app) group_right () errors')).rejects.toThrow('on the left hand-side');
  });
});

describe('fill', () => {
  test('stands in for missing partners on either side', async () => {
    expect(await ask('build + on (app, version) fill (100) build{version="2"}')).toEqual({
      '{app="a", version="1"}': '101 _ _',
      '{app="a", version="2"}': '_ 2 2',
    });
    expect(await ask('errors{app="b"} + on (app) fill_left (1000) total')).toEqual({
      '{app="a"}': '1010 1020 1030',
      '{app="b"}': '107 108 109',
    });
  });
});

describe('set operations', () => {
  test('and, unless and or go by step', async () => {
    expect(await ask('total and on (app) build{version="2"}')).toEqual({ '{__name__="total", app="a"}': '_ 20 30' });
    expect(await ask('total unless on (app) build{version="2"}')).toEqual({
      '{__name__="total", app="a"}': '10 _ _',
      '{__name__="total", app="b"}': '100 100 100',
    });
    expect(await ask('total > 15 or total')).toEqual({
      '{__name__="total", app="a"}': '10 20 30',
      '{__name__="total", app="b"}': '100 100 100',
    });
  });
});

describe('losing names', () => {
  test('series that become equal are merged, or an error on a shared step', async () => {
    expect(await ask('-({__name__=~"total|lonely", app!="b"})')).toEqual({
      '{app="a"}': '-10 -20 -30',
      '{}': '-5 -5 -5',
    });
    const queryable = loaded('load 1s\n  x 1 stale _\n  y _ 2 3');
    expect((await askEngine('{__name__=~"x|y"} * 2', STEPS, { queryable })).series).toEqual({ '{}': '2 4 6' });
    await expect(
      askEngine('{__name__=~"x|y"} * 2', { ...STEPS, start: -1 }, { queryable: loaded('load 1s\n  x 1\n  y 1') }),
    ).rejects.toThrow('vector cannot contain metrics with the same labelset');
  });

  test('a range function judges the whole query, not the step', async () => {
    const queryable = loaded('load 1s\n  x 1 stale _\n  y _ 2 3');
    await expect(askEngine('sum_over_time({__name__=~"x|y"}[1s])', STEPS, { queryable })).rejects.toThrow(
      'vector cannot contain metrics with the same labelset',
    );
  });

  test('delayed removal keeps names until the end', async () => {
    const options = { queryable: storage, delayedNameRemoval: true };
    expect((await askEngine('abs(lonely)', STEPS, options)).series).toEqual({ '{}': '5 5 5' });
    await expect(
      askEngine('count by (__name__) (abs({__name__=~"lonely|total"}))', { at: 0 }, options),
    ).rejects.toThrow('vector cannot contain metrics with the same labelset');
  });
});

test('trimming needs a histogram', async () => {
  const { infos, series } = await askEngine('lonely </ 2', { at: 0 }, { queryable: storage });
  expect(series).toEqual({});
  expect(infos).toEqual([
    'PromQL info: incompatible sample types encountered for binary operator "</": float </ float (1:1)',
  ]);
});
