import { spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { join, resolve } from 'node:path';
import { request } from 'undici';
import { afterEach, describe, expect, test } from 'vitest';
import { labelsOf, writeBody } from '../remote/write-message.ts';
import { askData, eventually } from '../support/ask.ts';
import { status, text, Workbench } from './narthex-process.ts';

const bench = new Workbench();
afterEach(() => bench.cleanUp());

/** A file system of its own in memory, for whoever the kernel lets have one. */
const canMount = spawnSync('unshare', ['-rm', 'sh', '-c', 'mount -t tmpfs -o size=1m none /mnt && true']).status === 0;

describe.skipIf(!canMount)(`a server on a disk of 8 MiB${canMount ? '' : ': skipped, mounting is not allowed'}`, () => {
  test('stops taking samples when it is full, answers, and goes on when there is room', async () => {
    const page = createServer((_, response) => response.end(`pushed ${Date.now()}\n`)).listen(0, '127.0.0.1');
    await once(page, 'listening');
    const target = `127.0.0.1:${(page.address() as AddressInfo).port}`;
    const directory = bench.directory({
      'prometheus.yml': `global: {scrape_interval: 200ms, scrape_timeout: 200ms}\nscrape_configs: [{job_name: t, static_configs: [{targets: ['${target}']}]}]\n`,
    });
    const mount =
      'mkdir data && mount -t tmpfs -o size=8m none data && head -c 4000000 /dev/zero > data/ballast && exec "$@"';
    const server = bench.start(
      directory,
      ['--config.file=prometheus.yml', '--web.enable-remote-write-receiver'],
      ['unshare', '-rm', 'sh', '-c', mount, 'sh', process.execPath, resolve('src/main.ts')],
    );
    const url = await server.ready();
    const post = async (batch: number): Promise<{ code: number; body: string }> => {
      const { statusCode, body } = await request(`${url}/api/v1/write`, { method: 'POST', body: randomBatch(batch) });
      return { code: statusCode, body: await body.text() };
    };
    let taken = 0;
    let answer = await post(0);
    while (answer.code === 204 && taken < 40) answer = await post(++taken);
    expect(answer).toMatchObject({ code: 503, body: expect.stringContaining('no space left on the device') });
    expect(taken).toBeGreaterThanOrEqual(2);

    const ready = await text(url, '/-/ready');
    expect(ready).toMatch(/^Prometheus Server is Ready.\nSamples are not stored: Cannot write .*no space left/);
    expect(await status(url, '/-/ready')).toBe(200);
    const notices = await askData<{ text: string; active: boolean }[]>(url, 'notifications');
    expect(notices).toMatchObject([{ text: ready.split('\n')[1], active: true }]);
    const metrics = await eventually(
      () => text(url, '/metrics'),
      (shown) => /^narthex_target_scrapes_not_stored_total (?:[3-9]|\d{2,})$/m.test(shown),
    );
    expect(metrics).toMatch(/^narthex_tsdb_appends_stopped 1$/m);
    const { activeTargets } = await askData<{ activeTargets: { lastError: string }[] }>(url, 'targets');
    expect(activeTargets[0]!.lastError).toMatch(/^Samples are not taken at the moment: Cannot write /);
    const count = async () =>
      Number(
        (await askData<{ result: { value: [number, string] }[] }>(url, 'query', { query: 'count(filler)' })).result[0]!
          .value[1],
      );
    expect(await count()).toBe(taken * SERIES);

    // Seen from outside, the directory is another one: through the process it is the same.
    const rooted = join('/proc', String(server.child.pid), 'root', directory, 'data', 'ballast');
    expect(spawnSync('rm', [rooted]).status).toBe(0);
    await eventually(
      () => post(1000),
      ({ code }) => code === 204,
    );
    expect(await text(url, '/-/ready')).toBe('Prometheus Server is Ready.\n');
    expect(await askData(url, 'notifications')).toEqual([]);
    expect(await text(url, '/metrics')).toMatch(/^narthex_tsdb_appends_stopped 0$/m);
    const { code, stderr } = await server.end();
    expect(code).toBe(0);
    const lines = stderr
      .split('\n')
      .filter((line) => /level=(ERROR|WARN)/.test(line) && !/exiting|files of others|image of the head/.test(line));
    expect(lines, stderr).toHaveLength(1);
    expect(lines[0]).toContain('Samples are not taken until the data directory can be written again');
    page.close();
  });
});

const SERIES = 20_000;

/** Series with long labels: about 2 MiB of log for each batch. */
function randomBatch(batch: number): Uint8Array {
  const timestamp = Date.now();
  const pad = (i: number) =>
    Array.from({ length: 8 }, (_, k) => Math.sin(i * 97 + k + batch).toString(36))
      .join('')
      .slice(0, 60);
  return writeBody(
    Array.from({ length: SERIES }, (_, i) => ({
      labels: labelsOf({ __name__: 'filler', batch: String(batch), id: pad(i) + i }),
      samples: [{ value: Math.sin(i), timestamp }],
    })),
  );
}
