import { setImmediate } from 'node:timers/promises';
import { ManualClock } from '../../src/std/manual-clock.ts';
import { nodeFiles } from '../../src/std/node-files.ts';
import { silentLog } from '../../src/telemetry/log.ts';
import { openDatabase } from '../../src/tsdb/tsdb.ts';
import { Fleet } from './fleet.ts';

/**
 * Fills a database with an hour (or so) of a fleet on a clock of its own, and tells what that took. Sends the result to
 * its parent and ends as a kill would end it.
 *
 *     node --expose-gc bench/tsdb/fill-process.ts DIRECTORY SERIES STEPS [--image-after=STEPS] [--resident-chunk-bytes=BYTES]
 */
const [directory, seriesText, stepsText, ...flags] = process.argv.slice(2);
const imageAfter = Number(flags.find((flag) => flag.startsWith('--image-after='))?.split('=')[1] ?? 0);
const residentChunkBytes = flags.find((flag) => flag.startsWith('--resident-chunk-bytes='))?.split('=')[1];
const series = Number(seriesText);
const steps = Number(stepsText);
const stepMs = 15_000;
/**
 * Chunks end here in any case. Series that have been there for long have their chunks of 120 samples counted from here; from
 * another moment on chunks get up to twice as long, and the memory would depend on the time of day.
 */
const cutMs = 2 * 3_600_000;
const clock = new ManualClock(Math.floor((Date.now() - steps * stepMs) / cutMs) * cutMs);
const idleBytes = residentBytes();
const startCpu = process.cpuUsage();
const database = await openDatabase({
  directory: directory!,
  fileSystem: nodeFiles,
  clock,
  log: silentLog,
  lock: false,
  maintenance: null,
  ...(residentChunkBytes !== undefined && { residentChunkBytes: Number(residentChunkBytes) }),
});
const fleet = new Fleet(series, clock.now());
const create = { seconds: 0, cpuSeconds: 0 };
const append = { seconds: 0, cpuSeconds: 0 };
let longestTurnMs = 0;
for (let step = 0; step < steps; step++) {
  for (let target = 0; target < fleet.targets; target++) {
    fleet.prepare(target, step);
    const cpu = process.cpuUsage();
    const started = performance.now();
    fleet.scrape(database, target, step);
    const turn = performance.now() - started;
    const sum = step === 0 ? create : append;
    sum.seconds += turn / 1000;
    sum.cpuSeconds += cpuSeconds(cpu);
    longestTurnMs = Math.max(longestTurnMs, turn);
    clock.advance(stepMs / fleet.targets);
    if (target % 8 === 7) await setImmediate();
  }
  await setImmediate();
  if (step + 1 === imageAfter) await database.writeHeadImage();
}
for (let i = 0; i < 2000 && database.stats().chunkFiles.failedWrites === 0; i++) await setImmediate();
global.gc?.();
const { head, chunkFiles } = database.stats();
const memory = process.memoryUsage();
const result = {
  series,
  samples: series * steps,
  createPerSecond: series / create.seconds,
  createPerCpuSecond: series / create.cpuSeconds,
  appendPerSecond: (series * (steps - 1)) / append.seconds,
  appendPerCpuSecond: (series * (steps - 1)) / append.cpuSeconds,
  cpuSeconds: cpuSeconds(startCpu),
  databaseCpuSeconds: create.cpuSeconds + append.cpuSeconds,
  idleBytes,
  residentBytes: residentBytes(),
  parts: head.memory,
  heapBytes: memory.heapUsed,
  longestTurnMs,
  chunksInFiles: chunkFiles.chunksWritten,
};
console.log(JSON.stringify(result));
process.kill(process.pid, 'SIGKILL');

function residentBytes(): number {
  return process.memoryUsage.rss();
}

function cpuSeconds(since: NodeJS.CpuUsage): number {
  const { user, system } = process.cpuUsage(since);
  return (user + system) / 1e6;
}
