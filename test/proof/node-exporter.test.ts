import { type ChildProcess, spawn } from 'node:child_process';
import { setTimeout as sleep } from 'node:timers/promises';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { findProgram } from '../../bench/peers/find-program.ts';
import { findCompetitors, freePort, type RunningServer, startServer } from '../../bench/peers/server.ts';
import { askData, eventually, rawSeries, seriesKey } from '../support/ask.ts';

const exporterProgram = findProgram('prometheus-node-exporter');
const prometheus = findCompetitors([]).find((competitor) => competitor.kind === 'prometheus');
const narthex = findCompetitors([])[0]!;

/** One scrape a second for a minute. */
const SCRAPED_SECONDS = 60;

describe.skipIf(exporterProgram === null || prometheus === undefined)(
  'a real node exporter scraped by Narthex and by Prometheus (skips without prometheus and prometheus-node-exporter)',
  () => {
    let exporter: ChildProcess;
    const servers: RunningServer[] = [];

    beforeAll(async () => {
      const port = await freePort();
      exporter = spawn(exporterProgram!, [`--web.listen-address=127.0.0.1:${port}`], { stdio: 'ignore' });
      const config = `
global: {scrape_interval: 1s, scrape_timeout: 1s}
scrape_configs: [{job_name: node, static_configs: [{targets: ['127.0.0.1:${port}']}]}]
`;
      for (const competitor of [narthex, prometheus!]) servers.push(await startServer(competitor, config));
      await sleep((SCRAPED_SECONDS + 2) * 1000);
      exporter.kill();
    });

    afterAll(async () => {
      exporter.kill();
      await Promise.all(servers.map((server) => server.stop()));
    });

    test('both keep the same series', async () => {
      const sets = await Promise.all(
        servers.map((server) => askData<Record<string, string>[]>(server.url, 'series', { 'match[]': '{job="node"}' })),
      );
      const [ours, theirs] = sets.map((set) => set.map(keyOf).sort());
      expect(theirs!.length).toBeGreaterThan(300);
      expect(ours).toEqual(theirs);
    });

    test('each series has a sample for every successful scrape, in Narthex as in Prometheus', async () => {
      const now = Date.now() / 1000;
      const [ours, theirs] = await Promise.all(
        servers.map(async (server) => {
          const series = await rawSeries(server.url, '{job="node"}', 600, now);
          const up = series.find((one) => one.metric['__name__'] === 'up')!;
          const scrapes = up.values.filter(([, value]) => value === '1').length;
          // Neither server scrapes in the other's moments, so each is held against its own scrapes.
          return { scrapes, missing: new Map(series.map((one) => [keyOf(one.metric), scrapes - one.values.length])) };
        }),
      );
      // On a busy machine a scrape may take longer than its second.
      expect(ours!.scrapes).toBeGreaterThanOrEqual(SCRAPED_SECONDS / 2);
      expect(theirs!.scrapes).toBeGreaterThanOrEqual(SCRAPED_SECONDS / 2);
      for (const [key, missing] of theirs!.missing) {
        expect(Math.abs(ours!.missing.get(key)! - missing), key).toBeLessThanOrEqual(1);
      }
    });

    test('the target is down for both once the exporter is gone, and its series are stale', async () => {
      const [ours, theirs] = await Promise.all(
        servers.map((server) =>
          eventually(
            () =>
              askData<{ result: unknown[] }>(server.url, 'query', {
                query: '{job="node",__name__=~"node_.*"} or up == 0',
              }),
            ({ result }) => result.length === 1,
          ),
        ),
      );
      expect(ours!.result).toHaveLength(1);
      expect(theirs!.result).toHaveLength(1);
    });
  },
);

/** Series are the same when `le` and `quantile` are equal as numbers: versions before 3 keep them as they are written. */
function keyOf(metric: Readonly<Record<string, string>>): string {
  const normal = { ...metric };
  for (const name of ['le', 'quantile']) {
    const value = normal[name];
    if (value !== undefined && value !== '+Inf') normal[name] = String(Number(value));
  }
  return seriesKey(normal);
}
