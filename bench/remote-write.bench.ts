import { instantNumber } from './ask.ts';
import { resultHash } from './kernel-bench.ts';
import { sendLoad } from './load/remote-writer.ts';
import type { WriteSeries } from './load/write-request.ts';
import type { BenchOptions } from './options.ts';
import { type Competitor, findCompetitors, startServer } from './peers/server.ts';
import { processUse } from './process-tree.ts';
import { median, pairedOrder } from './statistics.ts';
import { printTable } from './table.ts';

interface WriteRun {
  readonly name: string;
  readonly samplesPerSecond: number;
  readonly cpuSecondsPerMillionSamples: number;
  readonly residentBytesPerSeries: number;
  /** Of what the server then answers about the load. */
  readonly hash: string;
}

/** Samples a second and CPU per million samples for 100,000 series in requests of 2,000, over four connections. */
export async function remoteWriteBench({ smoke, peers, rounds, sizes }: BenchOptions): Promise<unknown> {
  const seriesCount = sizes.get('series') ?? (smoke ? 2000 : 100_000);
  const steps = sizes.get('steps') ?? (smoke ? 5 : 30);
  const stepMs = 15_000;
  // Whole steps in the recent past: nothing lies in the future, nothing is too old.
  const start = Math.floor(Date.now() / stepMs) * stepMs - steps * stepMs;
  const series = writeSeries(seriesCount);
  const runs: WriteRun[] = [];
  for (const competitor of pairedOrder(findCompetitors(peers), rounds)) {
    runs.push(await writeOnce(competitor, series, { steps, start, stepMs }));
  }
  const names = [...new Set(runs.map((run) => run.name))];
  const summary = names.map((name) => {
    const own = runs.filter((run) => run.name === name);
    return {
      name,
      samplesPerSecond: median(own.map((run) => run.samplesPerSecond)),
      cpuSecondsPerMillionSamples: median(own.map((run) => run.cpuSecondsPerMillionSamples)),
      residentBytesPerSeries: median(own.map((run) => run.residentBytesPerSeries)),
      hash: [...new Set(own.map((run) => run.hash))].join(' '),
    };
  });
  printTable(
    ['server', 'samples / s', 'CPU s / M samples', 'RSS bytes / series', 'result hash'],
    summary.map((row) => [
      row.name,
      Math.round(row.samplesPerSecond),
      row.cpuSecondsPerMillionSamples,
      row.residentBytesPerSeries,
      row.hash,
    ]),
  );
  return { seriesCount, steps, summary, runs };
}

async function writeOnce(
  competitor: Competitor,
  series: readonly WriteSeries[],
  { steps, start, stepMs }: { steps: number; start: number; stepMs: number },
): Promise<WriteRun> {
  const server = await startServer(competitor, 'global: {}\n');
  const load = { series, stepMs, seriesPerRequest: 2000, stepsPerRequest: 1, shards: 4 };
  try {
    // The first step creates the series; the figure is for known ones.
    await sendLoad(server.url, { ...load, start, steps: 1 });
    const before = { use: processUse(server.pid), at: performance.now() };
    const samples = await sendLoad(server.url, { ...load, start: start + stepMs, steps: steps - 1 });
    const after = { use: processUse(server.pid), at: performance.now() };
    const end = start + (steps - 1) * stepMs;
    const answers = [
      await instantNumber(server.url, 'count({__name__=~"bench_write_.*"})', end),
      await instantNumber(server.url, `sum(count_over_time({__name__=~"bench_write_.*"}[${steps}m]))`, end),
      await instantNumber(server.url, 'sum({__name__=~"bench_write_.*"})', end),
    ];
    return {
      name: competitor.name,
      samplesPerSecond: samples / ((after.at - before.at) / 1000),
      cpuSecondsPerMillionSamples: (after.use.cpuSeconds - before.use.cpuSeconds) / (samples / 1e6),
      residentBytesPerSeries: after.use.residentBytes / series.length,
      hash: resultHash(answers.join(' ')),
    };
  } finally {
    await server.stop();
  }
}

function writeSeries(count: number): WriteSeries[] {
  return Array.from({ length: count }, (_, index) => ({
    labels: [
      ['__name__', `bench_write_${index % 100}_total`],
      ['code', String(200 + (index % 5))],
      ['instance', `host-${Math.floor(index / 1000)}:9100`],
      ['job', 'bench'],
      ['path', `/api/v1/resource/${index % 1000}`],
    ],
    valueAt: (step) => index + step * (1 + (index % 13)),
  }));
}
