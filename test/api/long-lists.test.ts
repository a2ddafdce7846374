import { afterAll, beforeAll, expect, test } from 'vitest';
import { labelsFromObject } from '../../src/model/labels.ts';
import { createSampleBatch } from '../../src/storage/append.ts';
import { type Got, sendTo } from './send.ts';
import { startTestServer, type TestServer } from './test-server.ts';

// More than are written as one text.
const SERIES = 3000;
const ids = Array.from({ length: SERIES }, (_, i) => `id-${String(i).padStart(5, '0')}${i % 7 === 0 ? '"é<' : ''}`);
const LONG = 'w'.repeat(1000);
const labelsOf = (id: string) => ({ __name__: 'm', half: id < 'id-01500' ? '1' : '2', id, long: LONG });

let server: TestServer;

beforeAll(async () => {
  server = await startTestServer();
  const appender = server.database.appender();
  const batch = createSampleBatch(SERIES);
  batch.length = SERIES;
  for (let i = 0; i < SERIES; i++) {
    batch.refs[i] = appender.resolve(labelsFromObject(labelsOf(ids[i]!)));
    batch.times[i] = 1000;
    batch.values[i] = i;
  }
  appender.append(batch);
  appender.commit();
});

afterAll(() => server.close());

function get(path: string): Promise<Got> {
  return sendTo(server, `/api/v1/${path}`);
}

test('series, with and without a limit', async () => {
  const all = ids.map(labelsOf);
  expect((await get('series?match[]=m')).json).toEqual({ status: 'success', data: all });
  expect((await get('series?match[]=m{half="2"}&match[]=m{half="1"}')).json.data).toEqual(all);
  expect((await get(`series?match[]=m&limit=${SERIES}`)).json).toEqual({ status: 'success', data: all });
  expect((await get('series?match[]=m&limit=2500')).json).toEqual({
    status: 'success',
    data: all.slice(0, 2500),
    warnings: ['results truncated due to limit'],
  });
});

test('values of a label, of one selector and of several', async () => {
  expect((await get('label/id/values')).json).toEqual({ status: 'success', data: ids });
  expect((await get('label/id/values?match[]=m{half="2"}&match[]=m{half="1"}&match[]=m')).json.data).toEqual(ids);
  expect((await get('label/id/values?match[]=m{half="2"}&limit=700')).json).toEqual({
    status: 'success',
    data: ids.slice(1500, 2200),
    warnings: ['results truncated due to limit'],
  });
});
