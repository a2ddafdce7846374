import { setImmediate } from 'node:timers/promises';
import { getHeapStatistics } from 'node:v8';
import { beforeAll, describe, expect, test } from 'vitest';
import { Labels, labelsFromObject } from '../../src/model/labels.ts';
import type { EngineOptions } from '../../src/promql/engine.ts';
import { JsonBlocks } from '../../src/promql/json-blocks.ts';
import { JsonSink } from '../../src/promql/result-json.ts';
import { Annotations } from '../../src/promql/steps/annotations.ts';
import { collectGarbage } from '../../src/std/collect-garbage.ts';
import { type Appender, createSampleBatch } from '../../src/storage/append.ts';
import type { Queryable, SelectRequest } from '../../src/storage/query.ts';
import { Head } from '../../src/tsdb/head/head.ts';
import { histogramAt } from '../fuzz/large-data.ts';
import { NO_FEATURES, testEngine } from '../support/test-engine.ts';

// What a query's budget counts, beside what the process has more while the query runs: heap and buffers, without garbage.

const SERIES = 3000;
const NATIVE = 300;
/** Series with texts so long. */
const LONG = 200;
const LONG_UNITS = 5000;
const SAMPLES = 30;
const SAMPLE_MS = 15_000;
const END = (SAMPLES - 1) * SAMPLE_MS;
/** Looks at memory while a query runs. */
const MEASURES = 4;
const RUNS_MAX = 3;
/** Counted bytes over those that the process has: what else grows or goes meanwhile makes small sums uncertain. */
const [SHARE_MIN, SHARE_MAX] = [0.8, 1.5];

let storage: Queryable;

/** A storage of what `append` appends of each moment. */
function filled(append: (appender: Appender, i: number) => void): Queryable {
  const turns = { now: () => performance.now(), pause: () => setImmediate(), pieceMs: 5 };
  const head = new Head({ chunkRangeMs: 7_200_000, minValidTime: Number.NEGATIVE_INFINITY, turns });
  head.logTo({ append() {} });
  for (let i = 0; i < SAMPLES; i++) {
    const appender = head.appender();
    append(appender, i);
    appender.commit();
  }
  return withoutMemory(head);
}

function appendUsual(appender: Appender, i: number): void {
  const floats = Array.from({ length: SERIES }, (_, n) => {
    const instance = `host-${n % 100}:9090`;
    return { __name__: 'm', id: `id-${n}`, group: `${n % 10}`, job: 'a', instance, le: `${n % 50}` };
  });
  appendAll(appender, i, floats, 'native');
}

/** Series that others tell more of, those with long texts, and such that differ in their names alone and have no samples at the same times. */
function appendKeyed(appender: Appender, i: number): void {
  const floats: Record<string, string>[] = [];
  const turn = i % 2 === 0 ? 'even' : 'odd';
  for (let n = 0; n < SERIES; n++) {
    const target = { job: 'a', instance: `host-${n % 100}:9090` };
    floats.push({ __name__: 'm', id: `id-${n}`, group: `${n % 10}`, ...target });
    if (n < 100) floats.push({ __name__: 'target_info', ...target, data: `data-${n}`, zone: `${n % 3}` });
    const unit = { job: 'b', instance: `unit-${n}` };
    floats.push({ __name__: 'unit', ...unit }, { __name__: 'unit_info', ...unit, data: `some data of ${n}` });
    floats.push({ __name__: turn, id: `id-${n}`, text: 'some text' });
  }
  for (let n = 0; n < LONG; n++) {
    const id = `id-${n}`;
    const target = { job: 'c', instance: `long-${n % 10}` };
    floats.push({ __name__: 'short', id, ...target }, { __name__: 'long', id, ...target, text: longText(n) });
    if (n < 10) floats.push({ __name__: 'long_info', ...target, data: longText(n) });
    const longTarget = { job: 'd', instance: longText(n) };
    floats.push({ __name__: 'of_long', id, ...longTarget }, { __name__: 'of_long_info', ...longTarget, data: `${n}` });
  }
  appendAll(appender, i, floats, `native_${turn}`);
}

function longText(n: number): string {
  return `${n}${'x'.repeat(LONG_UNITS)}`;
}

function appendAll(appender: Appender, i: number, floats: readonly Record<string, string>[], native: string): void {
  const time = i * SAMPLE_MS;
  const batch = createSampleBatch(floats.length);
  batch.length = floats.length;
  for (const [n, labels] of floats.entries()) {
    batch.refs[n] = appender.resolve(labelsFromObject(labels));
    batch.times[n] = time;
    batch.values[n] = n * 1000 + i + n / 7;
  }
  batch.histograms = Array.from({ length: NATIVE }, (_, n) => ({
    ref: appender.resolve(labelsFromObject({ __name__: native, id: `id-${n}` })),
    time,
    startTime: 0,
    histogram: histogramAt(i + n, 100),
  }));
  appender.append(batch);
}

/** A storage that keeps no labels from one query to the next. */
function withoutMemory(head: Head): Queryable {
  return {
    querier(range) {
      const querier = head.querier(range);
      return {
        close: () => querier.close(),
        labelNames: querier.labelNames.bind(querier),
        labelValues: querier.labelValues.bind(querier),
        async select(request: SelectRequest) {
          const set = await querier.select(request);
          return {
            length: set.length,
            warnings: set.warnings,
            labels: (row) => new Labels(set.labels(row).pairs.slice()),
            read: (row, into) => set.read(row, into),
          };
        },
      };
    },
  };
}

interface Shape {
  readonly text: string;
  readonly steps: number;
  readonly features: EngineOptions['features'];
}

/** Runs a query and tells what it counted; looks at memory as often as `measure` is called, which is at every so many looks. */
async function counted({ features, steps, text }: Shape, everyLooks: number, measure: () => void) {
  const engine = testEngine({
    samplesMax: 50_000_000,
    bytesMax: 2 ** 31,
    features,
  });
  let looks = 0;
  const signal = {
    get aborted() {
      if (++looks % everyLooks === 0) measure();
      return false;
    },
    reason: undefined,
  };
  const query = engine.prepare(text, {
    kind: steps === 1 ? 'instant' : 'range',
    start: END - (steps - 1) * 1000,
    end: END,
    step: 1000,
    lookbackMs: 300_000,
  });
  const blocks = new JsonBlocks();
  const sink = new JsonSink(0, blocks);
  const { bytes } = await engine.run(query, storage, sink, new Annotations(), {
    timeoutMs: 1e9,
    signal,
    pause: () => Promise.resolve(),
    pauseAfterMs: Number.POSITIVE_INFINITY,
    countSteps: false,
  });
  measure();
  sink.drop();
  return { bytes, looks };
}

function heldBytes(): number {
  collectGarbage();
  const { external_memory, used_heap_size } = getHeapStatistics();
  return used_heap_size + external_memory;
}

/** Counted bytes, and the most that the process had more than before. */
async function compared(shape: Shape): Promise<{ counts: number; held: number }> {
  // The first one brings what stays: compiled code, plans, what the head knows.
  const { looks } = await counted(shape, Number.POSITIVE_INFINITY, () => {});
  let [counts, held] = [0, 0];
  // Looks at memory may all miss the moment at which it is most: what is seen is the least that is held.
  for (let run = 0; run < RUNS_MAX && (run === 0 || counts >= SHARE_MAX * held); run++) {
    const before = heldBytes();
    const { bytes } = await counted(shape, Math.max(1, Math.floor(looks / (MEASURES + run))), () => {
      held = Math.max(held, heldBytes() - before);
    });
    counts = bytes;
  }
  return { counts, held };
}

const SHAPES: readonly (readonly [text: string, steps: number])[] = [
  ['m', 1],
  ['m', 20],
  ['m[5m]', 1],
  ['rate(m[1m])', 1],
  ['rate(m[1m])', 20],
  ['sum by (id) (m)', 1],
  ['sum by (id) (m)', 20],
  ['sum without (le) (rate(m[1m]))', 20],
  ['avg by (id) (m)', 20],
  ['stddev by (id) (m)', 20],
  ['max by (id) (m)', 20],
  ['count by (id) (m)', 20],
  ['group by (id) (m)', 20],
  ['m * on (id) m', 1],
  ['m * on (id) m', 20],
  ['m + m', 1],
  ['m + m', 20],
  ['m * on (group) group_left () sum by (group) (m)', 1],
  ['m * on (id) group_left (le) (m * 2)', 20],
  ['m == bool m', 1],
  ['m + on (id) fill (0) m{group="3"}', 1],
  ['m{group="7"} + on (id) fill_left (1) fill_right (2) m{group="8"}', 20],
  ['m and (m > 3)', 1],
  ['m or m{group="2"}', 20],
  ['m unless on (id) m{group="2"}', 20],
  ['count_values("v", m)', 1],
  ['count_values("v", m)', 20],
  ['count_values by (id) ("v", m)', 1],
  ['label_replace(m, "n", "some text $1", "id", "id-(.*)")', 1],
  ['label_replace(m, "n", "x$1", "id", "id-(.*)")', 20],
  ['label_replace(label_replace(m, "n", "some text $1", "id", "id-(.*)"), "k", "$1$1", "n", "(.*)")', 1],
  ['label_join(m, "n", "-", "id", "group", "le")', 1],
  ['sort(m)', 1],
  ['sort_by_label(m, "id")', 1],
  ['topk(100000, m)', 20],
  ['topk by (id) (1, m)', 1],
  ['limitk(100000, m)', 1],
  ['limitk(100000, m)', 20],
  ['quantile by (id) (0.5, m)', 1],
  ['quantile by (id) (0.5, m)', 20],
  ['quantile(0.5, m)', 20],
  ['histogram_quantile(0.9, m)', 1],
  ['histogram_quantile(0.9, m)', 20],
  ['max_over_time(m[5m:15s])', 1],
  ['max_over_time(rate(m[1m])[5m:15s])', 20],
  ['rate(m[1m]) / rate(m[5m])', 20],
  ['m - m offset 1m', 20],
  ['abs(m)', 1],
  ['info(m, {le=~".*"})', 1],
  ['native', 1],
  ['native[5m]', 1],
  ['rate(native[1m])', 20],
  ['sum by (id) (native)', 20],
  ['avg by (id) (rate(native[1m]))', 1],
  ['native + native', 20],
  ['limitk(1000, native)', 1],
  ['(native * 2) or native', 20],
  ['native - native offset 1m', 20],
  ['histogram_quantile(0.9, native)', 20],
  ['avg_over_time(native[5m])', 20],
  ['sum_over_time((native * 2)[5m:15s])', 1],
];

/** Queries that find label sets by their keys. */
const KEYED: readonly (readonly [text: string, steps: number])[] = [
  ['info(m)', 1],
  ['info(m, {data=~".+"})', 20],
  ['info(unit, {__name__="unit_info"})', 20],
  ['info({__name__=~"unit.*"}, {__name__="unit_info"})', 1],
  ['info(long)', 1],
  ['info(long, {__name__="long_info"})', 1],
  ['info(short, {__name__="long_info"})', 20],
  ['info(of_long, {__name__="of_long_info"})', 1],
];

/** Those that look for equal label sets where names go last. */
const NAMES_LAST: readonly (readonly [text: string, steps: number])[] = [
  ['abs(unit)[5m:15s]', 1],
  ['abs(long)[1m:15s]', 1],
  ['abs(last_over_time({__name__=~"even|odd"}[10s]))[5m:15s]', 1],
  ['(last_over_time({__name__=~"native_even|native_odd"}[10s]) * 2)[5m:15s]', 1],
  ['info(m)', 20],
];

describe('of usual series', () => {
  beforeAll(() => {
    storage = filled(appendUsual);
  });

  test.for(SHAPES)('%s on %i steps counts the bytes that it has', async ([text, steps]) => {
    expectInShare(await compared({ text, steps, features: NO_FEATURES }));
  });
});

describe('of series that are found by their keys', () => {
  beforeAll(() => {
    storage = filled(appendKeyed);
  });

  test.for(KEYED)('%s on %i steps counts the bytes that it has', async ([text, steps]) => {
    expectInShare(await compared({ text, steps, features: NO_FEATURES }));
  });

  test.for(NAMES_LAST)('%s on %i steps counts the bytes that it has, names removed last', async ([text, steps]) => {
    expectInShare(await compared({ text, steps, features: { ...NO_FEATURES, delayedNameRemoval: true } }));
  });
});

function expectInShare({ counts, held }: { counts: number; held: number }): void {
  expect(counts / held).toBeGreaterThan(SHARE_MIN);
  expect(counts / held).toBeLessThan(SHARE_MAX);
}
