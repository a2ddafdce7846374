import { existsSync } from 'node:fs';
import { request } from 'undici';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { findProgram } from '../../../bench/peers/find-program.ts';
import { writeBody } from '../../remote/write-message.ts';
import { BIN, Workbench } from '../../server/narthex-process.ts';
import { versionOf } from '../../tsdb/prometheus-process.ts';
import { startUp } from '../both-servers.ts';
import { complianceQueries } from './compliance-queries.ts';
import { demoSeries } from './demo-series.ts';

const FILE = new URL('../../../../shared/conformance/promql-compliance/promql-test-queries.yml', import.meta.url);
const prometheus = findProgram('prometheus');
/** Of 2.x windows are closed on the left, and sums are not compensated. */
const isMissing = prometheus === null || (versionOf(prometheus) ?? 3) < 3 || !existsSync(FILE);

describe.skipIf(isMissing)(
  `the queries of the PromQL compliance suite${isMissing ? ' (skips without a Prometheus of 3.x and the suite)' : ''}`,
  () => {
    const bench = new Workbench();
    let urls: string[];
    const end = Math.floor(Date.now() / 60_000) * 60_000;

    beforeAll(async () => {
      const body = writeBody(demoSeries(end - 2 * 3_600_000, end + 600_000));
      urls = await Promise.all(
        [BIN, prometheus!].map(async (program) => {
          const directory = bench.directory({ 'prometheus.yml': '' });
          const { url } = await startUp(bench, directory, program, [
            `--config.file=${directory}/prometheus.yml`,
            `--storage.tsdb.path=${directory}/data`,
            '--web.enable-remote-write-receiver',
          ]);
          const { statusCode } = await request(`${url}/api/v1/write`, { method: 'POST', body });
          expect(statusCode).toBe(204);
          return url;
        }),
      );
    });
    afterAll(() => bench.cleanUp());

    it('are answered as a real Prometheus answers them, as ranges', async () => {
      const queries = complianceQueries(FILE);
      expect(queries.length).toBeGreaterThan(500);
      const different: string[] = [];
      for (const query of queries) {
        const [ours, theirs] = await Promise.all(urls.map((url) => answer(url, query, end)));
        if (!isAlike(query, ours!, theirs!)) different.push(query);
      }
      expect(different).toEqual([]);
    });
  },
);

/** Means over long windows that overlap are carried on from step to step: their last digit may be another one (docs/promql/differences.md). */
const CARRIED_ON = /^(avg|stddev|stdvar)_over_time/;
const TOLERANCE = 1e-15;

interface Answer {
  /** All but the values, series in order. */
  readonly frame: string;
  readonly values: readonly string[];
}

function isAlike(query: string, ours: Answer, theirs: Answer): boolean {
  if (ours.frame !== theirs.frame) return false;
  return ours.values.every((value, i) => {
    const other = theirs.values[i]!;
    if (value === other) return true;
    return CARRIED_ON.test(query) && Math.abs(Number(value) - Number(other)) <= TOLERANCE * Math.abs(Number(other));
  });
}

async function answer(url: string, query: string, end: number): Promise<Answer> {
  const range = { start: String((end - 600_000) / 1000), end: String(end / 1000), step: '10' };
  const { body } = await request(`${url}/api/v1/query_range?${new URLSearchParams({ query, ...range })}`);
  const parsed = (await body.json()) as { data?: { result: Series[] } };
  parsed.data?.result.sort((a, b) => (JSON.stringify(a.metric) < JSON.stringify(b.metric) ? -1 : 1));
  const values: string[] = [];
  for (const series of parsed.data?.result ?? []) {
    for (const sample of series.values) values.push(sample.pop() as string);
  }
  return { frame: JSON.stringify(parsed), values };
}

interface Series {
  readonly metric: object;
  readonly values: (number | string)[][];
}
