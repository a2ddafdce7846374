import { setTimeout as sleep } from 'node:timers/promises';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { startReplayExporter } from '../../bench/load/replay-exporter.ts';
import { findCompetitors, type RunningServer, startServer } from '../../bench/peers/server.ts';
import { askData, eventually, rawSeries, seriesKey } from '../support/ask.ts';

const SERIES = 300;
const prometheus = findCompetitors([]).find((competitor) => competitor.kind === 'prometheus');
const narthex = findCompetitors([])[0]!;

describe.skipIf(prometheus === undefined)(
  'a real Prometheus that remote-writes to Narthex (skips without prometheus)',
  () => {
    let exporter: Awaited<ReturnType<typeof startReplayExporter>>;
    let sender: RunningServer;
    let receiver: RunningServer;
    let kills = 0;

    beforeAll(async () => {
      exporter = await startReplayExporter();
      receiver = await startServer(narthex, 'global: {}\n');
      sender = await startServer(
        prometheus!,
        `
global: {scrape_interval: 500ms, scrape_timeout: 500ms}
remote_write:
  - url: ${receiver.url}/api/v1/write
    queue_config: {batch_send_deadline: 200ms, max_samples_per_send: 200, min_backoff: 30ms, max_backoff: 200ms}
scrape_configs:
  - job_name: replay
    metrics_path: /metrics/0
    params: {client: [sender], series: ['${SERIES}']}
    static_configs: [{targets: ['127.0.0.1:${exporter.port}']}]
`,
      );
    });

    afterAll(async () => {
      await sender.stop();
      await receiver.stop();
      await exporter.close();
    });

    /** What the sender has scraped and, once its queue is empty, what the receiver must have of it. */
    async function compareStored(): Promise<void> {
      await exporter.close();
      // Failed scrapes go on writing `up`; all replayed series are stale by now, so a moment's silence is the end of them.
      const end = Date.now() / 1000 + 1;
      await sleep(3000);
      const theirs = await rawSeries(sender.url, '{__name__=~"replay_.*"}', 1200, end);
      const expected = theirs.reduce((sum, one) => sum + one.values.length, 0);
      const ours = await eventually(
        () => rawSeries(receiver.url, '{__name__=~"replay_.*"}', 1200, end),
        (series) => series.reduce((sum, one) => sum + one.values.length, 0) >= expected,
      );
      const stored = new Map(ours.map((one) => [seriesKey(one.metric), one.values]));
      expect(theirs).toHaveLength(SERIES + 1);
      for (const one of theirs) expect(stored.get(seriesKey(one.metric)), seriesKey(one.metric)).toEqual(one.values);
      expect(ours).toHaveLength(theirs.length);
    }

    test('every sample arrives, also when Narthex is killed with -9 in the middle, three times', async () => {
      const arrived = (): Promise<{ result: unknown[] }> =>
        askData<{ result: unknown[] }>(receiver.url, 'query', { query: '{__name__=~"replay_.*"}' });
      await eventually(arrived, ({ result }) => result.length === SERIES + 1);
      const { directory } = receiver;
      const port = new URL(receiver.url).port;
      for (kills = 0; kills < 3; kills++) {
        await sleep(1500 + 700 * kills);
        await receiver.stop('SIGKILL', { keepDirectory: true });
        await sleep(400);
        receiver = await startServer(narthex, 'global: {}\n', { directory, port: Number(port) });
      }
      await sleep(2000);
      await compareStored();
      expect(kills).toBe(3);
    });
  },
);
