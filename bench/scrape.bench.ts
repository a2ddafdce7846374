import { setTimeout as sleep } from 'node:timers/promises';
import { instantNumber } from './ask.ts';
import { replayConfig } from './load/replay-config.ts';
import { spawnReplayExporter } from './load/spawn-exporter.ts';
import type { BenchOptions } from './options.ts';
import { type Competitor, findCompetitors, type RunningServer, startServer } from './peers/server.ts';
import { processUse } from './process-tree.ts';
import { median, pairedOrder } from './statistics.ts';
import { printTable } from './table.ts';

interface ScrapeRun {
  readonly name: string;
  readonly cpuSecondsPerMillionSamples: number;
  readonly residentBytesPerSeries: number;
  readonly samples: number;
  readonly series: number;
}

/**
 * CPU seconds per million samples scraped and resident bytes per series: 40 targets x 5,000 series every 5 s. Each
 * competitor runs alone, in paired order; the first scrapes (which create the series) are left out of the CPU figure.
 */
export async function scrapeBench({ smoke, peers, rounds, sizes }: BenchOptions): Promise<unknown> {
  const targets = sizes.get('targets') ?? (smoke ? 2 : 40);
  const seriesPerTarget = sizes.get('series') ?? (smoke ? 100 : 5000);
  const intervalMs = (sizes.get('interval') ?? (smoke ? 1 : 5)) * 1000;
  const measuredMs = (sizes.get('seconds') ?? (smoke ? 3 : 30)) * 1000;
  const exporter = await spawnReplayExporter();
  const runs: ScrapeRun[] = [];
  try {
    for (const competitor of pairedOrder(findCompetitors(peers), rounds)) {
      runs.push(
        await scrapeOnce(competitor, { port: exporter.port, targets, seriesPerTarget, intervalMs, measuredMs }),
      );
    }
  } finally {
    exporter.stop();
  }
  const names = [...new Set(runs.map((run) => run.name))];
  const summary = names.map((name) => {
    const own = runs.filter((run) => run.name === name);
    return {
      name,
      cpuSecondsPerMillionSamples: median(own.map((run) => run.cpuSecondsPerMillionSamples)),
      residentBytesPerSeries: median(own.map((run) => run.residentBytesPerSeries)),
      series: median(own.map((run) => run.series)),
      samples: median(own.map((run) => run.samples)),
    };
  });
  printTable(
    ['server', 'CPU s / M samples', 'RSS bytes / series', 'series', 'samples'],
    summary.map((row) => [
      row.name,
      row.cpuSecondsPerMillionSamples,
      row.residentBytesPerSeries,
      row.series,
      row.samples,
    ]),
  );
  return { targets, seriesPerTarget, intervalMs, measuredMs, summary, runs };
}

interface ScrapeLoad {
  readonly port: number;
  readonly targets: number;
  readonly seriesPerTarget: number;
  readonly intervalMs: number;
  readonly measuredMs: number;
}

async function scrapeOnce(competitor: Competitor, load: ScrapeLoad): Promise<ScrapeRun> {
  const server = await startServer(competitor, replayConfig(`${competitor.name}-${Date.now()}`, load.port, load));
  try {
    // The first scrapes make the series and the second ones meet caches for the first time.
    await sleep(2 * load.intervalMs + 1000);
    const before = { use: processUse(server.pid), at: performance.now() };
    await sleep(load.measuredMs);
    const after = { use: processUse(server.pid), at: performance.now() };
    const { series, samples } = await scraped(server, before.at, after.at, load);
    return {
      name: competitor.name,
      cpuSecondsPerMillionSamples: (after.use.cpuSeconds - before.use.cpuSeconds) / (samples / 1e6),
      residentBytesPerSeries: after.use.residentBytes / series,
      samples,
      series,
    };
  } finally {
    await server.stop();
  }
}

/** Counts through queries what the server says it has taken: equal work for all, whatever its own metrics are called. */
async function scraped(
  server: RunningServer,
  from: number,
  to: number,
  load: ScrapeLoad,
): Promise<{ series: number; samples: number }> {
  const perScrape = await instantNumber(server.url, 'sum(scrape_samples_scraped{job="replay"})');
  if (perScrape !== load.targets * (load.seriesPerTarget + 1)) {
    throw new Error(`${server.competitor.name} scraped ${perScrape} samples in one round of all targets`);
  }
  const series = await instantNumber(server.url, 'count({job="replay"})');
  return { series, samples: perScrape * ((to - from) / load.intervalMs) };
}
