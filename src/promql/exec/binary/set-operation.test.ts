import { describe, expect, test } from 'vitest';
import { askEngine, loaded } from '../../../../test/support/ask-engine.ts';

const storage = loaded(`load 1s
  up{app="a"} 1 2 3
  up{app="b"} 4 _ 6
  down{app="b"} 7 8 9
  down{app="c"} _ 1 _`);

const STEPS = { start: 0, end: 2, step: 1 };

async function ask(text: string, times: Parameters<typeof askEngine>[1] = STEPS) {
  const { series } = await askEngine(text, times, { queryable: storage });
  return series;
}

const UP = { '{__name__="up", app="a"}': '1 2 3', '{__name__="up", app="b"}': '4 4 6' };

describe('where one side finds nothing', () => {
  test.each([
    ['up or none', UP],
    ['none or up', UP],
    ['up unless none', UP],
    ['up and none', {}],
    ['none and up', {}],
    ['none unless up', {}],
    ['none or none', {}],
    ['none or up or none or sum by (app) (sum_over_time(none[1m])) or none', UP],
  ])('%s', async (text, expected) => {
    expect(await ask(text)).toEqual(expected);
  });

  test('in an instant query too', async () => {
    expect(await ask('none or sum by (app) (up) or none', { at: 2 })).toEqual({ '{app="a"}': '3', '{app="b"}': '6' });
  });

  test('errors of the other side are told', async () => {
    await expect(ask('none or up / on () group_left () up')).rejects.toThrow('found duplicate series');
    await expect(ask('up / on () group_left () up or none')).rejects.toThrow('found duplicate series');
  });
});

describe('where both find something', () => {
  test.each([
    ['up and on (app) down', { '{__name__="up", app="b"}': '4 4 6' }],
    ['up unless on (app) down', { '{__name__="up", app="a"}': '1 2 3' }],
    ['up or on (app) down', { ...UP, '{__name__="down", app="c"}': '_ 1 1' }],
  ])('%s', async (text, expected) => {
    expect(await ask(text)).toEqual(expected);
  });
});
