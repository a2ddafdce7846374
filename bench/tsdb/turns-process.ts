import { setImmediate, setTimeout } from 'node:timers/promises';
import { labelsFromObject } from '../../src/model/labels.ts';
import type { Matcher } from '../../src/model/matcher.ts';
import { systemClock } from '../../src/std/clock.ts';
import { nodeFiles } from '../../src/std/node-files.ts';
import type { Querier, SelectRequest } from '../../src/storage/query.ts';
import { silentLog } from '../../src/telemetry/log.ts';
import { openDatabase } from '../../src/tsdb/tsdb.ts';
import { TurnWatch } from '../turn-watch.ts';
import { Fleet, labelsOf } from './fleet.ts';

/**
 * Does what a database of many series has to do now and then, one after the other, while scrapes come, and prints what each
 * took of the main thread and its longest turn of the event loop, as JSON.
 *
 *     node bench/tsdb/turns-process.ts DIRECTORY SERIES
 */
const [directory, seriesText] = process.argv.slice(2);
const series = Number(seriesText);
const HOUR_MS = 3_600_000;
const STEP_MS = 15_000;
/** Between two scrapes of the whole fleet; of single targets there are more. */
const FLEET_STEPS = 40;
/** A scrape of 1,000 series comes so often meanwhile: what a million series every 15 s are. */
const SCRAPE_MS = 15;
const start = Math.floor(Date.now() / (2 * HOUR_MS)) * 2 * HOUR_MS - 6 * HOUR_MS;
const everything = { minTime: Number.MIN_SAFE_INTEGER, maxTime: Number.MAX_SAFE_INTEGER };
let staleSeriesShare = 0;
const settings = () => ({ retentionMs: 0, retentionBytes: 0, retentionPercent: 0, staleSeriesShare });

const database = await openDatabase({
  directory: directory!,
  fileSystem: nodeFiles,
  clock: systemClock,
  log: silentLog,
  lock: false,
  outOfOrderMs: HOUR_MS,
  maintenance: { settings, intervalMs: 24 * HOUR_MS },
  walSegmentSize: 16 * 2 ** 20,
});
/** Ten labels, one of which has another value for each series. */
const fleet = new Fleet(series, start, STEP_MS, (number) => {
  const { pairs } = labelsOf(number);
  const labels = Object.fromEntries(pairs.flatMap((text, i) => (i % 2 === 0 ? [[text, pairs[i + 1]!]] : [])));
  const { container: _, env: __, ...others } = labels;
  return labelsFromObject({ ...others, id: `id-${number}`, parity: number % 2 === 0 ? 'even' : 'odd' });
});
const watch = new TurnWatch();
const results: unknown[] = [];
/** The step that single targets are scraped at now, the next of them, and how many there still are. */
let step = 0;
let next = 0;
let activeTargets = fleet.targets;

await scraping('new series', 0);
await scraping('an hour of known ones', 6);

await select('select by equality', [is('instance', '10.0.0.0:9100')]);
await select('select =~".+" of 50 values', [{ type: '=~', name: 'job', value: '.+' }]);
await select('select =~".*99.*" of all values', [{ type: '=~', name: 'id', value: '.*99.*' }]);
await select('select =~".*9[0-9]?8.*" of all values', [{ type: '=~', name: 'id', value: '.*9[0-9]?8.*' }]);
await select('select != and =', [is('parity', 'odd'), { type: '!=', name: 'id', value: '' }]);
await select('select all', []);
await select('select all, sorted', [], { sorted: true });
await select('select all, newest only', [], { newestOnly: true });
await metadata('');
await thread('all rows for a query thread');
await measured('counts of all parts', () => database.stats());

await measured('late samples of a tenth', appendLate);
await thread('all rows for a query thread, late ones too');
await select('select all, late ones too', []);
await measured('late samples to blocks', () => database.compactOutOfOrder());

await measured('image of the head', () => database.writeHeadImage());
await measured('deletion of half the series', () =>
  database.delete([[is('parity', 'odd')]], { minTime: start, maxTime: start + HOUR_MS / 2 }),
);
await select('select all, half of them deleted in part', []);
await thread('all rows for a query thread, half of them deleted in part');
await measured('image of the head with deletions', () => database.writeHeadImage());
await measured('snapshot', () => database.snapshot({ skipsHead: false }));

await endTargets();
staleSeriesShare = 0.05;
await measured('stale series to blocks', () => database.compact());
staleSeriesShare = 0;

// Half of what is left is never scraped again: these series go with the head's oldest range.
activeTargets = Math.ceil(activeTargets / 2);
await scraping('three hours of half the targets', 20);
await measured('two ranges to blocks, half the series leave', () => database.compact());
await metadata(', after');
await measured('image of the head, after', () => database.writeHeadImage());
await measured('close', () => database.close(), false);
console.log(JSON.stringify({ series, results }));
process.exit(0);

/** Runs something, with scrapes of known series meanwhile, and notes its turns. */
async function measured(name: string, work: () => unknown, scrapes = true): Promise<void> {
  await setTimeout(20);
  const timer = scrapes ? setInterval(scrapeNext, SCRAPE_MS) : null;
  watch.start();
  await setImmediate();
  await work();
  await setImmediate();
  const turns = watch.stop();
  if (timer !== null) clearInterval(timer);
  results.push({ name, ...turns });
  if (process.env['TURNS'] !== undefined) console.error(name, turns);
}

async function select(name: string, matchers: readonly Matcher[], options: Partial<SelectRequest> = {}): Promise<void> {
  await measured(name, async () => {
    const querier = database.headQuerier(everything);
    const set = await querier.select({ matchers, range: everything, sorted: false, limit: 0, ...options });
    if (set.length === 0) throw new Error(`${name}: nothing is found`);
    querier.close();
  });
}

/** What the API asks for besides queries. */
async function metadata(suffix: string): Promise<void> {
  const asked: Record<string, (querier: Querier) => unknown> = {
    'label names': (querier) => querier.labelNames([], 0),
    'label names with a matcher': (querier) => querier.labelNames([is('parity', 'even')], 0),
    'all values of a label': (querier) => querier.labelValues('id', [], 0),
    'all values of a label with a matcher': (querier) => querier.labelValues('id', [is('parity', 'even')], 0),
    'few values of a label with a matcher': (querier) => querier.labelValues('job', [is('parity', 'even')], 0),
  };
  for (const [name, ask] of Object.entries(asked)) {
    await measured(name + suffix, async () => {
      const querier = database.headQuerier(everything);
      await ask(querier);
      querier.close();
    });
  }
  await measured(`label statistics${suffix}`, () => database.labelStatistics(10));
}

/** What a query thread is told of all series. */
async function thread(name: string): Promise<void> {
  const reads = database.threadReads();
  await measured(name, async () => {
    const read = reads.open();
    const request = { matchers: [], range: everything, sorted: false, limit: 0 };
    const now = () => performance.now();
    const limits = { bytesMax: 2 ** 30, turnMs: 5, now, pause: async () => void (await setImmediate()) };
    await read.answer({ range: everything, requests: [request] }, limits, () => {});
    read.close();
  });
}

/** A scrape of the whole fleet, and so many more ten minutes apart. */
async function scraping(name: string, more: number): Promise<void> {
  await measured(
    name,
    async () => {
      for (let i = more === 0 ? 0 : 1; i <= more; i++) {
        step += more === 0 ? 0 : FLEET_STEPS;
        next = 0;
        for (let target = 0; target < activeTargets; target++) {
          scrapeNext();
          await setImmediate();
        }
      }
    },
    false,
  );
}

function scrapeNext(): void {
  if (next === activeTargets) {
    step++;
    next = 0;
  }
  fleet.prepare(next, step);
  fleet.scrape(database, next, step);
  next++;
}

/** Samples from before the last scrape of the whole fleet. */
async function appendLate(): Promise<void> {
  for (let target = 0; target < activeTargets; target += 10) {
    fleet.prepare(target, step - FLEET_STEPS / 2);
    fleet.scrape(database, target, step - FLEET_STEPS / 2);
    await setImmediate();
  }
}

/** A tenth of the targets are gone. */
async function endTargets(): Promise<void> {
  const left = Math.ceil(0.9 * activeTargets);
  for (let target = left; target < activeTargets; target++) fleet.end(database, target, step + 1);
  activeTargets = left;
  step += 2;
  next = 0;
}

function is(name: string, value: string): Matcher {
  return { type: '=', name, value };
}
