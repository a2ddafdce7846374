import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { replayValue, startReplayExporter } from '../../bench/load/replay-exporter.ts';
import { findCompetitors, type RunningServer, startServer } from '../../bench/peers/server.ts';
import { eventually, rawSeries, seriesKey } from '../support/ask.ts';

const SERIES = 120;
/** Scrapes that each server has to store: on a busy machine some fail. */
const SCRAPES = 22;
const competitors = findCompetitors([]).filter((competitor) => competitor.kind !== 'victoria');

describe('a replay exporter whose values tell the step of each scrape', () => {
  let exporter: Awaited<ReturnType<typeof startReplayExporter>>;
  const servers: RunningServer[] = [];

  beforeAll(async () => {
    exporter = await startReplayExporter();
    for (const competitor of competitors) {
      const config = `
global: {scrape_interval: 500ms, scrape_timeout: 500ms}
scrape_configs:
  - job_name: replay
    metrics_path: /metrics/0
    params: {client: ['${competitor.name}'], series: ['${SERIES}']}
    static_configs: [{targets: ['127.0.0.1:${exporter.port}']}]
`;
      servers.push(await startServer(competitor, config));
    }
    for (const server of servers) {
      await eventually(
        () => rawSeries(server.url, 'replay_step', 600, Date.now() / 1000),
        ([steps]) => (steps?.values.length ?? 0) >= SCRAPES,
      );
    }
  });

  afterAll(async () => {
    await Promise.all(servers.map((server) => server.stop()));
    await exporter.close();
  });

  /** Value by step of every replayed series that a server stored; the time of a sample tells its step. */
  async function valuesByStep(server: RunningServer): Promise<Map<string, Map<number, string>>> {
    const series = await rawSeries(server.url, '{__name__=~"replay_.*"}', 600, Date.now() / 1000);
    const steps = new Map<number, number>();
    for (const [time, value] of series.find((one) => one.metric['__name__'] === 'replay_step')?.values ?? []) {
      steps.set(time, Number(value));
    }
    return new Map(
      series.map((one) => [
        seriesKey(one.metric),
        new Map(one.values.map(([time, value]) => [steps.get(time) ?? Number.NaN, value])),
      ]),
    );
  }

  test('Narthex stores every sample of every scrape with its value', async () => {
    const stored = await valuesByStep(servers[0]!);
    expect(stored.size).toBe(SERIES + 1);
    for (let series = 0; series < SERIES; series++) {
      const member = series % 50;
      const key = [...stored.keys()].find(
        (one) =>
          one.includes(`__name__="replay_requests_${Math.floor(series / 50)}_total"`) &&
          one.includes(`route="/api/v1/resource/${member}"`),
      )!;
      const values = stored.get(key)!;
      expect(values.size).toBeGreaterThanOrEqual(SCRAPES);
      for (const [step, value] of values) expect(Number(value), `${key} step ${step}`).toBe(replayValue(series, step));
    }
  });

  test.skipIf(competitors.length < 2)(
    'every raw sample that Narthex and Prometheus both stored is equal (skips without prometheus)',
    async () => {
      const [ours, theirs] = await Promise.all([valuesByStep(servers[0]!), valuesByStep(servers[1]!)]);
      expect([...ours.keys()].sort()).toEqual([...theirs.keys()].sort());
      let compared = 0;
      for (const [key, values] of theirs) {
        for (const [step, value] of values) {
          const own = ours.get(key)!.get(step);
          if (own === undefined) continue;
          expect(own, `${key} step ${step}`).toBe(value);
          compared++;
        }
      }
      expect(compared).toBeGreaterThan((SERIES * SCRAPES) / 2);
    },
  );
});
