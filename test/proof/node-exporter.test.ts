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
    }, 120_000);

    afterAll(async () => {
      exporter.kill();
      await Promise.all(servers.map((server) => server.stop()));
    });

    test('both keep the same series', async () => {
      const sets = await Promise.all(
        servers.map((server) => askData<Record<string, string>[]>(server.url, 'series', { 'match[]': '{job="node"}' })),
      );
      const [ours, theirs] = sets.map((set) => set.map((metric) => seriesKey(metric)).sort());
      expect(theirs!.length).toBeGreaterThan(300);
      expect(ours).toEqual(theirs);
    });

    test('each series has as many samples as there were scrapes, give or take the first and the last', async () => {
      const now = Date.now() / 1000;
      const [ours, theirs] = await Promise.all(
        servers.map(async (server) => {
          const series = await rawSeries(server.url, '{job="node"}', 120, now);
          return new Map(series.map((one) => [seriesKey(one.metric), one.values.length]));
        }),
      );
      expect(ours!.get(seriesKey(upOf(ours!)))).toBeGreaterThanOrEqual(SCRAPED_SECONDS - 2);
      for (const [key, count] of theirs!) expect(Math.abs(ours!.get(key)! - count), key).toBeLessThanOrEqual(2);
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
            10_000,
          ),
        ),
      );
      expect(ours!.result).toHaveLength(1);
      expect(theirs!.result).toHaveLength(1);
    });
  },
);

/** The labels of `up` as they stand among the keys of a server's series. */
function upOf(series: ReadonlyMap<string, number>): Record<string, string> {
  const key = [...series.keys()].find((one) => one.includes('__name__="up"'))!;
  return Object.fromEntries([...key.matchAll(/([^,=]+)="([^"]*)"/g)].map((match) => [match[1]!, match[2]!]));
}
