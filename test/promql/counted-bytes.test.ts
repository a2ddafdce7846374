import { setImmediate } from 'node:timers/promises';
import { getHeapStatistics } from 'node:v8';
import { beforeAll, expect, test } from 'vitest';
import { Labels, labelsFromObject } from '../../src/model/labels.ts';
import { JsonBlocks } from '../../src/promql/json-blocks.ts';
import { JsonSink } from '../../src/promql/result-json.ts';
import { Annotations } from '../../src/promql/steps/annotations.ts';
import { collectGarbage } from '../../src/std/collect-garbage.ts';
import { createSampleBatch } from '../../src/storage/append.ts';
import type { Queryable, SelectRequest } from '../../src/storage/query.ts';
import { Head } from '../../src/tsdb/head/head.ts';
import { histogramAt } from '../fuzz/large-data.ts';
import { testEngine } from '../support/test-engine.ts';

// What a query's budget counts, beside what the process has more while the query runs: heap and buffers, without garbage.

const SERIES = 3000;
const NATIVE = 300;
const SAMPLES = 30;
const SAMPLE_MS = 15_000;
const END = (SAMPLES - 1) * SAMPLE_MS;
/** Looks at memory while a query runs. */
const MEASURES = 4;
const RUNS_MAX = 3;
/** Counted bytes over those that the process has: what else grows or goes meanwhile makes small sums uncertain. */
const [SHARE_MIN, SHARE_MAX] = [0.8, 1.5];

let storage: Queryable;

beforeAll(() => {
  storage = withoutMemory(filledHead());
});

function filledHead(): Head {
  const turns = { now: () => performance.now(), pause: () => setImmediate(), pieceMs: 5 };
  const head = new Head({ chunkRangeMs: 7_200_000, minValidTime: Number.NEGATIVE_INFINITY, turns });
  head.logTo({ append() {} });
  for (let i = 0; i < SAMPLES; i++) {
    const appender = head.appender();
    const batch = createSampleBatch(SERIES);
    batch.length = SERIES;
    for (let n = 0; n < SERIES; n++) {
      const instance = `host-${n % 100}:9090`;
      const labels = { __name__: 'm', id: `id-${n}`, group: `${n % 10}`, job: 'a', instance, le: `${n % 50}` };
      batch.refs[n] = appender.resolve(labelsFromObject(labels));
      batch.times[n] = i * SAMPLE_MS;
      batch.values[n] = n * 1000 + i + n / 7;
    }
    batch.histograms = Array.from({ length: NATIVE }, (_, n) => ({
      ref: appender.resolve(labelsFromObject({ __name__: 'native', id: `id-${n}` })),
      time: i * SAMPLE_MS,
      startTime: 0,
      histogram: histogramAt(i + n, 100),
    }));
    appender.append(batch);
    appender.commit();
  }
  return head;
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

/** Runs a query and tells what it counted; looks at memory as often as `measure` is called, which is at every so many looks. */
async function counted(text: string, steps: number, everyLooks: number, measure: () => void) {
  const engine = testEngine({
    samplesMax: 50_000_000,
    bytesMax: 2 ** 31,
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
async function compared(text: string, steps: number): Promise<{ counts: number; held: number }> {
  // The first one brings what stays: compiled code, plans, what the head knows.
  const { looks } = await counted(text, steps, Number.POSITIVE_INFINITY, () => {});
  let [counts, held] = [0, 0];
  // Looks at memory may all miss the moment at which it is most: what is seen is the least that is held.
  for (let run = 0; run < RUNS_MAX && (run === 0 || counts >= SHARE_MAX * held); run++) {
    const before = heldBytes();
    const { bytes } = await counted(text, steps, Math.max(1, Math.floor(looks / (MEASURES + run))), () => {
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

test.for(SHAPES)('%s on %i steps counts the bytes that it has', async ([text, steps]) => {
  const { counts, held } = await compared(text, steps);

  expect(counts / held).toBeGreaterThan(SHARE_MIN);
  expect(counts / held).toBeLessThan(SHARE_MAX);
});
