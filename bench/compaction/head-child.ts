import { cpSync } from 'node:fs';
import { monitorEventLoopDelay } from 'node:perf_hooks';
import { setImmediate, setTimeout } from 'node:timers/promises';
import { systemClock } from '../../src/std/clock.ts';
import { nodeFiles } from '../../src/std/node-files.ts';
import { silentLog } from '../../src/telemetry/log.ts';
import { openDatabase } from '../../src/tsdb/tsdb.ts';
import { Fleet } from '../tsdb/fleet.ts';

/**
 * Fills a directory with three hours of a fleet, copies it for a peer, and moves two of the hours to a block while samples
 * still come. Prints what that cost as JSON. Run by the compaction bench.
 *
 *     node --expose-gc bench/compaction/head-child.ts DIRECTORY COPY SERIES
 */
const [directory, copy, seriesText] = process.argv.slice(2);
const HOUR_MS = 60 * 60 * 1000;
const STEP_MS = 15_000;
/** More than one and a half ranges: then the oldest one is compacted. */
const STEPS = (3 * HOUR_MS) / STEP_MS + 2;
const start = Math.floor(Date.now() / (2 * HOUR_MS)) * 2 * HOUR_MS - 6 * HOUR_MS;
const series = Number(seriesText);
/** So many segments that two thirds of them go to a checkpoint, however few series there are. */
const walSegmentSize = Math.min(4096, Math.max(1, Math.ceil(series / 25))) * 32 * 1024;
const options = { directory: directory!, fileSystem: nodeFiles, clock: systemClock, log: silentLog, lock: false };
const database = await openDatabase({ ...options, maintenance: null, walSegmentSize });
const fleet = new Fleet(series, start, STEP_MS);
for (let step = 0; step < STEPS; step++) {
  for (let target = 0; target < fleet.targets; target++) {
    fleet.prepare(target, step);
    fleet.scrape(database, target, step);
    await setImmediate();
  }
}
await setTimeout(2000);
cpSync(directory!, copy!, { recursive: true });
global.gc?.();

const delay = monitorEventLoopDelay({ resolution: 1 });
const residentBefore = process.memoryUsage.rss();
let residentMax = residentBefore;
let target = 0;
let samples = 0;
const scraping = setInterval(() => {
  residentMax = Math.max(residentMax, process.memoryUsage.rss());
  fleet.prepare(target % fleet.targets, STEPS + Math.floor(target / fleet.targets));
  fleet.scrape(database, target % fleet.targets, STEPS + Math.floor(target / fleet.targets));
  target++;
  samples += Math.min(1000, fleet.series);
}, STEP_MS / fleet.targets);
const before = process.cpuUsage();
const mainBefore = process.threadCpuUsage();
delay.enable();
await database.compact();
delay.disable();
const { user, system } = process.cpuUsage(before);
const main = process.threadCpuUsage(mainBefore);
clearInterval(scraping);
const result = {
  cpuSeconds: (user + system) / 1e6,
  mainCpuSeconds: (main.user + main.system) / 1e6,
  extraBytes: residentMax - residentBefore,
  longestPauseMs: delay.max / 1e6,
  pause99Ms: delay.percentile(99) / 1e6,
  samplesMeanwhile: samples,
};
console.log(JSON.stringify(result));
process.exit(0);
