import { setImmediate, setTimeout } from 'node:timers/promises';
import { createDiscoverer } from '../../src/discovery/providers.ts';
import { HttpClient } from '../../src/http/client.ts';
import { defaultHttpClientSettings } from '../../src/http/client-settings.ts';
import type { Histogram } from '../../src/model/histogram.ts';
import { labelsFromObject } from '../../src/model/labels.ts';
import { createWriteReceiver, REQUEST_BYTES_MAX } from '../../src/remote/write-receiver.ts';
import { defaultScrapeSettings } from '../../src/scrape/scrape-config.ts';
import { ScrapeManager } from '../../src/scrape/scrape-manager.ts';
import { systemClock } from '../../src/std/clock.ts';
import { nodeFiles } from '../../src/std/node-files.ts';
import { runInTurns, turnsOf } from '../../src/std/turns.ts';
import { createSampleBatch, type SampleBatch } from '../../src/storage/append.ts';
import { silentLog } from '../../src/telemetry/log.ts';
import { createRegistry } from '../../src/telemetry/metric-registry.ts';
import { openDatabase } from '../../src/tsdb/tsdb.ts';
import { WriteRequestEncoder, type WriteSeries } from '../load/write-request.ts';
import { TurnWatch } from '../turn-watch.ts';
import { labelsOf, valueOfSeries } from './fleet.ts';

/**
 * Does one thing of a large batch, in a process that has done nothing else, a few times: the first time meets code that is not
 * compiled and series that are not known. Prints the turns of the event loop of each time as JSON.
 *
 *     node bench/tsdb/large-turns-process.ts DIRECTORY CASE SIZE PORT
 *
 * `scrape`: a target of so many lines, at the port of a replay exporter. `write`: remote write requests of 32 MiB, or as much as the series
 * need; `write-rows`: with one sample of each series, `write-columns`: with so many samples of each of a thousand series, as far as they fit. `commit`: a
 * transaction of a sample for each of so many known series; `late`: the same out of order; `histograms` and `exemplars`: of so many of these.
 */
const [directory, kind, sizeText, portText] = process.argv.slice(2);
const size = Number(sizeText);
const TIMES = 4;
const STEP_MS = 15_000;
const start = Date.now() - 3_600_000;

const database = await openDatabase({
  directory: directory!,
  fileSystem: nodeFiles,
  clock: systemClock,
  log: silentLog,
  lock: false,
  outOfOrderMs: 3_600_000,
});
const registry = createRegistry(systemClock);
const watch = new TurnWatch();
const results: unknown[] = [];
const cases: Readonly<Record<string, () => Promise<void>>> = {
  scrape: scrapes,
  'write-rows': () => writes(size, 1),
  'write-columns': () => writes(1000, size),
  commit: () => commits('known samples', (batch, time) => fillSamples(batch, start + (time + 4) * STEP_MS, time)),
  late: () =>
    commits('late samples', (batch, time) => {
      fillSamples(batch, start + (time < 0 ? time : -60 - time) * STEP_MS, time);
    }),
  histograms: () =>
    commits('histograms', (batch, time) => {
      batch.histograms = Array.from({ length: size }, (_, i) => {
        return { ref: batch.refs[i]!, time: start + time * STEP_MS, startTime: 0, histogram: histogramOf(i, time) };
      });
    }),
  exemplars: () =>
    commits('exemplars', (batch, time) => {
      batch.exemplars = Array.from({ length: size }, (_, i) => {
        const labels = labelsFromObject({ trace_id: `${(i * 7919 + time).toString(16).padStart(16, '0')}` });
        return { ref: batch.refs[i]!, labels, value: i / 8, time: start + time * STEP_MS };
      });
    }),
};
await cases[kind!]!();
console.log(JSON.stringify(results));
process.exit(0);

async function measured(name: string, work: () => unknown): Promise<void> {
  await setTimeout(20);
  watch.start();
  await setImmediate();
  await work();
  await setImmediate();
  results.push({ name, ...watch.stop() });
}

/** By the scrape loop's own way, from the request on. */
async function scrapes(): Promise<void> {
  const manager = new ScrapeManager({
    appendable: database,
    discover: createDiscoverer,
    clock: systemClock,
    log: silentLog,
    registry,
    hashSeed: 1,
    offsetSeedText: '',
    timestampToleranceMs: 0,
    userAgent: 'bench',
  });
  const address = `127.0.0.1:${portText}`;
  const settings = {
    ...defaultScrapeSettings,
    jobName: 'large',
    metricsPath: '/metrics/0',
    params: { client: [`turns-${process.pid}`], series: [String(size)] },
    scrapeIntervalMs: 2000,
    scrapeTimeoutMs: 2000,
    discovery: [
      { kind: 'static' as const, groups: [{ source: '0', targets: [{ __address__: address }], labels: {} }] },
    ],
  };
  // The HTTP client is loaded when something is asked for the first time: in a server not by a large target.
  const client = new HttpClient(defaultHttpClientSettings, systemClock);
  const url = `http://${address}/arrivals`;
  const sink = { head() {}, chunk() {} };
  await client.send({ method: 'GET', url, headers: {}, body: null, timeoutMs: 5000, signal: null }, sink);
  client.close();
  let last: number | null = null;
  for (let time = 0; time < TIMES; time++) {
    await measured(`scrape of ${size} lines, ${nth(time)}`, async () => {
      if (time === 0) manager.apply([settings]);
      for (;;) {
        await setTimeout(5);
        const target = manager.active()[0];
        if (target === undefined || target.lastScrape === last) continue;
        if (target.lastError !== '') throw new Error(target.lastError);
        last = target.lastScrape;
        break;
      }
    });
  }
  await manager.stop();
}

/** Remote write requests: the receiver's part of them. */
async function writes(count: number, samplesMax: number): Promise<void> {
  const requests = requestsOf(count, samplesMax);
  const receiver = createWriteReceiver({
    appendable: database,
    queryable: database,
    clock: systemClock,
    log: silentLog,
    registry,
    messages: ['prometheus.WriteRequest'],
    turns: turnsOf(systemClock, 5),
    hashSeed: 1,
  });
  // Collected within a turn of the receiver, what the requests were made of would be counted there.
  global.gc?.();
  for (const [time, request] of requests.entries()) {
    const what = `write of ${request.samples} samples of ${count} series, ${nth(time)}`;
    await measured(what, async () => {
      const { status, message } = await receiver.receive('application/x-protobuf', request.body);
      if (status !== 204) throw new Error(`status ${status}: ${message}`);
    });
  }
}

/** All of them, so that the labels that they are made of are gone by then. */
function requestsOf(count: number, samplesMax: number): { readonly body: Buffer; readonly samples: number }[] {
  const series = Array.from({ length: count }, (_, number): WriteSeries => {
    const { pairs } = labelsOf(number);
    const labels = pairs.flatMap((text, i): [string, string][] => (i % 2 === 0 ? [[text, pairs[i + 1]!]] : []));
    return { labels, valueAt: (step) => valueOfSeries(number, step) };
  });
  const encoder = new WriteRequestEncoder(series);
  const labelBytes = series[0]!.labels.reduce((sum, [name, value]) => sum + name.length + value.length + 6, 8);
  const perSeries = Math.floor((0.98 * REQUEST_BYTES_MAX) / count);
  const steps = Math.max(1, Math.min(samplesMax, Math.floor((perSeries - labelBytes) / 20)));
  const stepMs = samplesMax === 1 ? STEP_MS : 100;
  return Array.from({ length: TIMES }, (_, time) =>
    encoder.encode({ from: 0, to: count, firstStep: time * steps, steps, start, stepMs }),
  );
}

/** Transactions of known series, the one before each of which was a scrape interval ago; `fill` gets the times from -4 on. */
async function commits(what: string, fill: (batch: SampleBatch, time: number) => void): Promise<void> {
  const batch = createSampleBatch(size);
  for (let from = 0; from < size; from += 1000) {
    const appender = database.appender();
    for (let i = from; i < Math.min(size, from + 1000); i++) batch.refs[i] = appender.resolve(labelsOf(i));
    appender.rollback();
  }
  for (let time = -4; time < TIMES; time++) {
    fill(batch, time);
    // Collected within a step, what the batch was made of would be counted there.
    global.gc?.();
    if (time < 0) await commit();
    else await measured(`commit of ${size} ${what}, ${nth(time)}`, commit);
  }

  async function commit(): Promise<void> {
    await runInTurns(database.inSteps(transaction()), turnsOf(systemClock, 5));
  }

  function* transaction(): Generator<undefined, void> {
    const appender = database.appender();
    yield* appender.appendInSteps(batch);
    yield* appender.commitInSteps();
  }
}

function fillSamples(batch: SampleBatch, at: number, time: number): void {
  batch.length = size;
  for (let i = 0; i < size; i++) {
    batch.times[i] = at;
    batch.values[i] = valueOfSeries(i, time + 4);
  }
}

/** A counter with 60 buckets that grows with time. */
function histogramOf(series: number, time: number): Histogram {
  const positive = Array.from(
    { length: 60 },
    (_, b) => [b + 1, ((series + b) % 7) + (time + 5) * ((b % 5) + 1)] as const,
  );
  const deltas = positive.map(([, count], b) => count - (b === 0 ? 0 : positive[b - 1]![1]));
  const sum = (time + 5) * series;
  return {
    kind: 'integer',
    counterResetHint: 'unknown',
    schema: 3,
    zeroThreshold: 1e-9,
    zeroCount: 0,
    count: positive.reduce((all, [, count]) => all + count, 0),
    sum,
    positiveSpans: [{ offset: 1, length: positive.length }],
    negativeSpans: [],
    positiveDeltas: deltas,
    negativeDeltas: [],
    customValues: [],
  };
}

function nth(time: number): string {
  return ['first', 'second', 'third'][time] ?? `${time + 1}th`;
}
