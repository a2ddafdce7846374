import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { labelsFromObject } from '../../src/model/labels.ts';
import { batchOf, showWhenRead } from '../tsdb/head-support.ts';
import { startTestServer, type TestServer } from './test-server.ts';

const ADMIN = '/api/v1/admin/tsdb';
let server: TestServer;
const snapshots: boolean[] = [];
let failure: Error | null = null;

beforeAll(async () => {
  server = await startTestServer({
    settings: { enableAdminApi: true },
    deps: {
      admin: {
        deleteSeries: (matcherSets, range) => server.database.delete(matcherSets, range),
        cleanTombstones: async () => {
          if (failure !== null) throw failure;
        },
        snapshot: async ({ skipsHead }) => {
          if (failure !== null) throw failure;
          snapshots.push(skipsHead);
          return '20261121T032827Z-333edbfc446a63e4';
        },
      },
    },
  });
  const appender = server.database.appender();
  for (const s of ['a', 'b']) {
    const ref = appender.resolve(labelsFromObject({ __name__: 'm', s }));
    appender.append(batchOf([1000, 2000, 3000].map((time) => [ref, time, time] as const)));
  }
  appender.commit();
});

afterAll(() => server.close());

describe('the admin API', () => {
  // As recorded of the reference.
  it.each([
    ['delete_series', 400, 'no match[] parameter provided'],
    [
      'delete_series?match[]=x%7B',
      400,
      'invalid parameter "match[]": 1:3: parse error: unexpected end of input inside braces',
    ],
    [
      'delete_series?match[]=up&start=x',
      400,
      `invalid parameter "start": invalid time value for 'start': cannot parse "x" to a valid timestamp`,
    ],
    [
      'delete_series?match[]=up&end=x',
      400,
      `invalid parameter "end": invalid time value for 'end': cannot parse "x" to a valid timestamp`,
    ],
    [
      'snapshot?skip_head=x',
      400,
      'invalid parameter "skip_head": unable to parse boolean: strconv.ParseBool: parsing "x": invalid syntax',
    ],
    ['delete_series?match[]=%7B%7D', 204, null],
    ['delete_series?match[]=m&start=5&end=4', 204, null],
    ['delete_series?match[]=none', 204, null],
    ['clean_tombstones', 204, null],
  ])('%s: %i', async (path, status, error) => {
    for (const method of ['POST', 'PUT']) {
      const answer = await fetch(`${server.url}${ADMIN}/${path}`, { method });
      expect(answer.status).toBe(status);
      const text = await answer.text();
      if (error === null) expect(text).toBe('');
      else expect(JSON.parse(text)).toEqual({ status: 'error', errorType: 'bad_data', error });
    }
    expect(await showWhenRead(server.database)).toHaveLength(2);
  });

  it('deletes what all selectors of a form choose', async () => {
    const body = new URLSearchParams({ start: '2', end: '2.5' });
    body.append('match[]', 'm{s="a"}');
    body.append('match[]', '{s=~"b|c"}');
    const answer = await fetch(`${server.url}${ADMIN}/delete_series`, { method: 'POST', body });
    expect(answer.status).toBe(204);
    expect(await showWhenRead(server.database)).toEqual([
      '{__name__="m", s="a"} 1000=1000 3000=3000',
      '{__name__="m", s="b"} 1000=1000 3000=3000',
    ]);
  });

  it('names the snapshot that it made', async () => {
    for (const [search, skipsHead] of [
      ['', false],
      ['?skip_head=', false],
      ['?skip_head=true', true],
      ['?skip_head=0', false],
    ] as const) {
      const answer = await fetch(`${server.url}${ADMIN}/snapshot${search}`, { method: 'POST' });
      expect(await answer.json()).toEqual({ status: 'success', data: { name: '20261121T032827Z-333edbfc446a63e4' } });
      expect(snapshots.at(-1)).toBe(skipsHead);
    }
  });

  it('tells what the storage could not do', async () => {
    failure = new Error('Cannot write x: no space left on the device');
    for (const [action, error] of [
      ['snapshot', `create snapshot: ${failure.message}`],
      ['clean_tombstones', failure.message],
    ]) {
      const answer = await fetch(`${server.url}${ADMIN}/${action}`, { method: 'POST' });
      expect(answer.status).toBe(500);
      expect(await answer.json()).toEqual({ status: 'error', errorType: 'internal', error });
    }
    failure = null;
  });

  it('is off unless it is switched on', async () => {
    const off = await startTestServer();
    for (const action of ['snapshot', 'clean_tombstones', 'delete_series?match[]=m']) {
      const answer = await fetch(`${off.url}${ADMIN}/${action}`, { method: 'PUT' });
      expect(answer.status).toBe(500);
      expect(await answer.json()).toEqual({ status: 'error', errorType: 'unavailable', error: 'admin APIs disabled' });
    }
    await off.close();
  });
});
