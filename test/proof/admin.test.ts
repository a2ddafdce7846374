import { cpSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { request } from 'undici';
import { afterAll, describe, expect, test } from 'vitest';
import { findCompetitors, type RunningServer, startServer } from '../../bench/peers/server.ts';
import { labelsOf, writeBody } from '../remote/write-message.ts';
import { rawSeries, seriesKey } from '../support/ask.ts';

const [narthex, ...peers] = findCompetitors([]);
const prometheus = peers.find(({ kind }) => kind === 'prometheus');
const FLAGS = ['--web.enable-admin-api'];
const HOUR = 3600;
const SERIES = 8;
/** A round hour some hours ago, in seconds. */
const END = Math.floor(Date.now() / 1000 / HOUR) * HOUR - HOUR;
const START = END - 5 * HOUR;

const running: RunningServer[] = [];
const made: string[] = [];
afterAll(async () => {
  for (const server of running) await server.stop();
  for (const path of made) rmSync(path, { recursive: true, force: true });
});

async function start(competitor: typeof narthex, directory?: string): Promise<RunningServer> {
  const server = await startServer(competitor!, 'global: {}\n', {
    flags: FLAGS,
    ...(directory === undefined ? {} : { directory }),
  });
  running.push(server);
  return server;
}

/** Samples of all series from one time to another, in seconds. */
async function load(server: RunningServer, from: number, to: number): Promise<void> {
  const series = Array.from({ length: SERIES }, (_, s) => ({
    labels: labelsOf({ __name__: 'm', s: String(s) }),
    samples: Array.from({ length: (to - from) / 60 }, (_, i) => ({
      timestamp: (from + 60 * i) * 1000,
      value: Math.sin(s + i),
    })),
  }));
  const { body, statusCode } = await request(`${server.url}/api/v1/write`, { method: 'POST', body: writeBody(series) });
  expect([statusCode, await body.text()]).toEqual([204, '']);
}

async function admin(server: RunningServer, action: string): Promise<{ status: number; text: string }> {
  const { body, statusCode } = await request(`${server.url}/api/v1/admin/tsdb/${action}`, { method: 'POST' });
  return { status: statusCode, text: await body.text() };
}

function deletion(selector: string, start?: number, end?: number): string {
  const parameters = new URLSearchParams({ 'match[]': selector });
  if (start !== undefined) parameters.set('start', String(start));
  if (end !== undefined) parameters.set('end', String(end));
  return `delete_series?${parameters}`;
}

async function stored(server: RunningServer, time = END + 2 * HOUR, seconds = 8 * HOUR): Promise<string[]> {
  const series = await rawSeries(server.url, 'm', seconds, time);
  return series.map(({ metric, values }) => `${seriesKey(metric)} ${JSON.stringify(values)}`).sort();
}

/** A new home whose data directory is a copy of a snapshot. */
async function startOnSnapshot(competitor: typeof narthex, of: RunningServer, name: string): Promise<RunningServer> {
  const home = mkdtempSync(join(tmpdir(), 'narthex-snapshot-'));
  made.push(home);
  cpSync(join(of.directory, 'data', 'snapshots', name), join(home, 'data'), { recursive: true });
  return start(competitor, home);
}

describe.skipIf(prometheus === undefined)('the admin API beside a real Prometheus (skips without prometheus)', () => {
  test('deletes, cleans and copies the same', async () => {
    const both = [await start(narthex), await start(prometheus!)] as const;
    const same = async (action: string): Promise<void> => {
      const [ours, theirs] = [await admin(both[0], action), await admin(both[1], action)];
      expect(ours, action).toEqual(theirs);
    };
    const sameSamples = async (): Promise<string[]> => {
      const ours = await stored(both[0]);
      expect(ours).toEqual(await stored(both[1]));
      return ours;
    };
    for (const server of both) {
      for (let from = START; from < END; from += HOUR) await load(server, from, from + HOUR);
    }
    expect(await sameSamples()).toHaveLength(SERIES);

    await same(deletion('m{s="1"}', START + HOUR, START + 2 * HOUR));
    await same(deletion('m{s="1"}', START + 3 * HOUR, START + 3.5 * HOUR));
    await same(deletion('m{s=~"2|3"}'));
    await same(deletion('{__name__=~"m",s="4"}', END - HOUR));
    await same(deletion('m{s="5"}', undefined, START + HOUR));
    await same(deletion('m{s="6"}', END + HOUR));
    await same(deletion('{}'));
    await same(deletion('{s!="x"}', 5, 4));
    await same('delete_series');
    await same(deletion('m{', 1));
    await same(deletion('m', undefined, Number.NaN));
    const deleted = await sameSamples();
    expect(deleted).toHaveLength(SERIES - 2);

    // What comes later is seen.
    for (const server of both) await load(server, END, END + 0.5 * HOUR);
    const later = await sameSamples();
    expect(later).toHaveLength(SERIES);

    // The reference panics where a query ends inside a deleted interval behind another one; we answer.
    const inside = await rawSeries(both[0].url, 'm{s="1"}', 6 * HOUR, START + 3.25 * HOUR);
    expect(inside[0]!.values.map(([time]) => time)).toEqual(
      Array.from({ length: 195 }, (_, i) => START + 60 * i).filter(
        (time) => (time < START + HOUR || time > START + 2 * HOUR) && time < START + 3 * HOUR,
      ),
    );

    const names = await Promise.all(
      both.map(async (server) => JSON.parse((await admin(server, 'snapshot')).text).data.name),
    );
    const [ourCopy, theirCopy] = [
      await startOnSnapshot(prometheus!, both[0], names[0]),
      await startOnSnapshot(narthex, both[1], names[1]),
    ];
    // A snapshot has what is stored, without what is deleted, for either server.
    expect(await stored(ourCopy)).toEqual(later);
    expect(await stored(theirCopy)).toEqual(later);
    for (const server of [ourCopy, theirCopy]) {
      for (const action of [
        deletion('m{s="7"}', START + HOUR, START + 2 * HOUR),
        deletion('m{s="0"}'),
        'clean_tombstones',
        'snapshot?skip_head=true',
      ]) {
        expect((await admin(server, action)).status).toBe(action.startsWith('snapshot') ? 200 : 204);
      }
    }
    const cleaned = await stored(theirCopy);
    expect(cleaned).toHaveLength(SERIES - 1);
    expect(cleaned).toEqual(await stored(ourCopy));
    // And what Narthex has cleaned, Prometheus reads.
    await theirCopy.stop('SIGTERM', { keepDirectory: true });
    expect(await stored(await start(prometheus!, theirCopy.directory))).toEqual(cleaned);
  });
});
