import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { labelsFromObject } from '../../src/model/labels.ts';
import { MemoryFiles } from '../../src/std/memory-files.ts';
import { createSampleBatch } from '../../src/storage/append.ts';
import { createSampleColumn } from '../../src/storage/query.ts';
import { ChunkEncoder } from '../../src/tsdb/chunk/chunk-encoder.ts';
import { ENCODING } from '../../src/tsdb/chunk/encoding.ts';
import { PLAIN_FORMS, type SampleForms } from '../../src/tsdb/chunk/sample-forms.ts';
import { Head } from '../../src/tsdb/head/head.ts';
import type { Database } from '../../src/tsdb/tsdb.ts';
import { RecordDecoder } from '../../src/tsdb/wal/decode-records.ts';
import { RECORD } from '../../src/tsdb/wal/record-types.ts';
import { ALL_TIME, LogDouble } from './head-support.ts';
import { openLate } from './out-of-order/late-support.ts';
import { Collector } from './wal-support.ts';

const FORMS: SampleForms = { xor2: true, histogramStartTimes: true, loggedStartTimes: true };
const HOUR = 3_600_000;
const STALE = '7ff0000000000002';

/** A float by its bits, or a histogram of that count; with a start time, 0 = none. */
interface Sample {
  readonly series: string;
  readonly time: number;
  readonly bits: string;
  readonly count: number | null;
  readonly start: number;
}

const value = fc.oneof(
  fc.constantFrom('0000000000000000', STALE, STALE, '7ff8000000000001', '3ff0000000000000'),
  fc.nat(1000).map((n) => hexOf(n)),
  fc.double().map((n) => hexOf(n)),
);
const step = fc.record({
  series: fc.constantFrom('a', 'b', 'c'),
  ahead: fc.oneof(
    { weight: 8, arbitrary: fc.constantFrom(10, 10, 10, 11) },
    { weight: 2, arbitrary: fc.integer({ min: -400, max: 300 }) },
  ),
  bits: value,
  count: fc.oneof(
    { weight: 5, arbitrary: fc.constant(null) },
    { weight: 1, arbitrary: fc.integer({ min: 1, max: 50 }) },
  ),
  start: fc.oneof(
    { weight: 6, arbitrary: fc.constant(-1) },
    fc.constantFrom(0, 1, -500),
    fc.integer({ min: -9999, max: 9999 }),
  ),
});
type Step = typeof step extends fc.Arbitrary<infer T> ? T : never;
const event = fc.constantFrom('none', 'none', 'none', 'none', 'killed', 'late blocks', 'blocks', 'image');

describe('start times in the database', () => {
  it('stay with their samples in memory, logs, blocks and images, in order or late', async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.array(fc.tuple(fc.array(step, { minLength: 1, maxLength: 60, size: 'max' }), event), { maxLength: 8 }),
        async (parts) => {
          let disk = new MemoryFiles();
          let database = await openLate(disk, { forms: FORMS, maintenance: null });
          const kept = new Map<string, string>();
          const newest = new Map<string, number>();
          const seen = new Set<string>();
          for (const [steps, what] of parts) {
            // Which of two samples of one time is shown is another question.
            const samples = samplesOf(steps, newest).filter(
              (sample) => !seen.has(keyOf(sample)) && seen.add(keyOf(sample)),
            );
            const refused = add(database, samples);
            for (const [i, sample] of samples.entries()) if (!refused.has(i)) kept.set(keyOf(sample), shown(sample));
            if (what === 'killed') disk = disk.afterProcessDeath();
            if (what === 'late blocks') await database.compactOutOfOrder();
            if (what === 'blocks') await database.compact();
            if (what === 'image') {
              await database.writeHeadImage();
              await database.close();
            }
            if (what === 'killed' || what === 'image') {
              database = await openLate(disk, { forms: FORMS, maintenance: null });
            }
            expect(await read(database)).toEqual(kept);
          }
        },
      ),
      { numRuns: 40 },
    );
  });

  it('are dropped where nothing asks for them, and come with the next chunk where it is asked for later', async () => {
    const disk = new MemoryFiles();
    const database = await openLate(disk, { maintenance: null });
    const sample = (time: number): Sample => ({ series: 'a', time, bits: hexOf(time), count: null, start: 7 });
    add(database, [sample(10), sample(20)]);
    database.setForms({ ...PLAIN_FORMS, xor2: true });
    // The open chunk goes on, as in the reference, up to the end of its range.
    add(database, [sample(30), sample(1010)]);
    database.setForms(FORMS);
    add(database, [sample(1020)]);
    database.setForms(PLAIN_FORMS);
    add(database, [sample(1030), sample(2010)]);
    const starts = [...(await read(database)).values()].map((text) => text.split(' ')[1]);
    expect(starts).toEqual(['0', '0', '0', '7', '7', '7', '0']);
    // The log of the parts without loggedStartTimes does not have them.
    const again = await openLate(disk.afterProcessDeath(), { forms: FORMS, maintenance: null });
    const left = [...(await read(again)).values()].map((text) => text.split(' ')[1]);
    expect(left).toEqual(['0', '0', '0', '0', '7', '0', '0']);
  });

  it('end an open chunk at once where they are logged from now on', () => {
    const { head, encodings } = headOf(PLAIN_FORMS);
    addToHead(head, [1000, 2000], 5);
    head.setForms({ ...PLAIN_FORMS, xor2: true });
    addToHead(head, [3000], 5);
    expect(encodings()).toEqual([ENCODING.xor]);
    head.setForms(FORMS);
    addToHead(head, [4000], 5);
    expect(encodings()).toEqual([ENCODING.xor, ENCODING.xor2]);
    head.setForms(PLAIN_FORMS);
    addToHead(head, [5000], 5);
    expect(encodings()).toEqual([ENCODING.xor, ENCODING.xor2]);
  });

  it('are in the records that have a place for them, and in no others', () => {
    for (const forms of [FORMS, { ...FORMS, loggedStartTimes: false }, PLAIN_FORMS]) {
      const { head, log } = headOf(forms);
      addToHead(head, [1000, 2000], 900);
      const types = log.calls.flat().map((record) => record[0]);
      expect(types).toEqual([RECORD.series, forms.loggedStartTimes ? RECORD.samplesV2 : RECORD.samples]);
      const seen = new Collector();
      for (const record of log.calls.flat()) expect(new RecordDecoder(seen).visit(record)).toBe(null);
      const start = forms.loggedStartTimes ? 900 : null;
      expect(seen.samplesSeen.map(([, time, , from]) => [time, from])).toEqual([
        [1000, start],
        [2000, start],
      ]);
    }
  });

  it('become zeros where these can follow their series, and nothing is said of those that can not', async () => {
    const database = await openLate(new MemoryFiles(), { maintenance: null });
    const zero = (sample: Sample): number => {
      const appender = database.appender();
      const batch = createSampleBatch(1);
      const ref = appender.resolve(labelsFromObject({ s: sample.series }));
      if (sample.count === null) {
        batch.startTimes = new Float64Array(1);
        batch.refs[0] = ref;
        put(batch, 0, sample);
        batch.length = 1;
      } else {
        const { start, time } = sample;
        batch.histograms = [{ ref, time, startTime: start, histogram: histogramOf(sample.count) }];
      }
      batch.startsAsZero = true;
      const { appended, refusedCount } = appender.append(batch);
      appender.commit();
      return appended - refusedCount;
    };
    const float = { series: 'a', bits: hexOf(5), count: null };
    expect(zero({ ...float, time: 10_000, start: 9_900 })).toBe(1);
    expect(zero({ ...float, time: 10_020, start: 9_900 })).toBe(1);
    expect(zero({ ...float, time: 10_030, start: 10_025 })).toBe(1);
    // At or behind the sample, before the window, none at all.
    expect(zero({ ...float, time: 10_040, start: 10_040 })).toBe(1);
    expect(zero({ ...float, time: 10_050, start: 10_060 })).toBe(1);
    expect(zero({ ...float, series: 'b', time: 10_050, start: 9_000 })).toBe(1);
    expect(zero({ ...float, series: 'c', time: 10_050, start: 0 })).toBe(1);
    const histogram = { series: 'h', bits: '', count: 3 };
    expect(zero({ ...histogram, time: 10_050, start: 10_000 })).toBe(1);
    expect(zero({ ...histogram, time: 10_060, start: 10_000 })).toBe(1);
    expect(zero({ ...histogram, time: 10_070, start: 10_065 })).toBe(1);
    const found = [...(await read(database))].map(([key, text]) => `${key}=${text.split(' ').slice(0, -1).join(' ')}`);
    const [none, five] = [hexOf(0), hexOf(5)];
    expect(found).toEqual([
      ...[`a 9900=${none}`, `a 10000=${five}`, `a 10020=${five}`, `a 10025=${none}`, `a 10030=${five}`],
      ...[`a 10040=${five}`, `a 10050=${five}`, `b 10050=${five}`, `c 10050=${five}`],
      ...['h 10000=count 0', 'h 10050=count 3', 'h 10060=count 3', 'h 10065=count 0', 'h 10070=count 3'],
    ]);
    const { refused, refusedHistograms } = database.stats().head;
    expect([...Object.values(refused), ...Object.values(refusedHistograms)].every((count) => count === 0)).toBe(true);
  });

  it('make the chunks of the head what an encoder makes of the same samples, cut where those of XOR are', () => {
    fc.assert(
      fc.property(
        fc.array(fc.tuple(value, fc.integer({ min: 1, max: 90_000 }), fc.constantFrom(0, 50, 50, 50, 77)), {
          minLength: 1,
          maxLength: 700,
          size: 'max',
        }),
        (steps) => {
          const { head, chunks } = headOf(FORMS);
          const plain = headOf(PLAIN_FORMS);
          const batch = createSampleBatch(steps.length);
          batch.startTimes = new Float64Array(steps.length);
          let time = 1_700_000_000_000;
          for (const [bits, ahead, start] of steps) {
            time += ahead;
            put(batch, batch.length, { series: 'a', time, bits, count: null, start: start === 0 ? 0 : time - start });
            batch.length++;
          }
          for (const each of [head, plain.head]) {
            const appender = each.appender();
            batch.refs.fill(appender.resolve(labelsFromObject({ s: 'a' })));
            appender.append(batch);
            appender.commit();
          }
          const encoder = new ChunkEncoder(Infinity, FORMS);
          for (const chunk of chunks()) {
            for (let i = 0; i < batch.length; i++) {
              const at = batch.times[i]!;
              if (at < chunk.minTime || at > chunk.maxTime) continue;
              encoder.float(at, batch.bits[2 * i]!, batch.bits[2 * i + 1]!, batch.startTimes[i]!);
            }
            expect(encoder.finish().map(({ bytes }) => bytes)).toEqual([chunk.bytes.slice()]);
          }
          const isCutBySize = [...chunks(), ...plain.chunks()].some(({ bytes }) => bytes.length > 1000);
          if (!isCutBySize) {
            expect(chunks().map(({ minTime }) => minTime)).toEqual(plain.chunks().map(({ minTime }) => minTime));
          }
        },
      ),
      { numRuns: 60 },
    );
  });
});

function hexOf(number: number): string {
  const view = new DataView(new ArrayBuffer(8));
  view.setFloat64(0, number);
  return view.getBigUint64(0).toString(16).padStart(16, '0');
}

function samplesOf(steps: readonly Step[], newest: Map<string, number>): Sample[] {
  return steps.map(({ series, ahead, bits, count, start }) => {
    const time = (newest.get(series) ?? 5000) + ahead;
    newest.set(series, Math.max(time, newest.get(series) ?? 5000));
    return { series, time, bits, count, start: start === -1 ? 4000 : start };
  });
}

function keyOf({ series, time }: Sample): string {
  return `${series} ${time}`;
}

function shown({ bits, count, start }: Sample): string {
  return `${count === null ? bits : `count ${count}`} ${start}`;
}

function put(batch: ReturnType<typeof createSampleBatch>, i: number, { bits, start, time }: Sample): void {
  batch.times[i] = time;
  batch.startTimes![i] = start;
  batch.bits[2 * i + 1] = Number.parseInt(bits.slice(0, 8), 16);
  batch.bits[2 * i] = Number.parseInt(bits.slice(8), 16);
}

/** One transaction with a batch for each sample, so that they come in their order; the indexes of those refused. */
function add(database: Database, samples: readonly Sample[]): Set<number> {
  const appender = database.appender();
  const refused = new Set<number>();
  for (const [i, sample] of samples.entries()) {
    const { count, series, start, time } = sample;
    const ref = appender.resolve(labelsFromObject({ s: series }));
    const batch = createSampleBatch(1);
    if (count === null) {
      batch.startTimes = new Float64Array(1);
      batch.refs[0] = ref;
      put(batch, 0, sample);
      batch.length = 1;
    } else {
      batch.histograms = [{ ref, time, startTime: start, histogram: histogramOf(count) }];
    }
    if (appender.append(batch).refusedCount > 0) refused.add(i);
  }
  appender.commit();
  return refused;
}

function histogramOf(count: number) {
  return {
    kind: 'integer',
    counterResetHint: 'unknown',
    schema: 0,
    zeroThreshold: 0.001,
    zeroCount: 0,
    count,
    sum: 1,
    positiveSpans: [{ offset: count % 3, length: 1 }],
    negativeSpans: [],
    positiveDeltas: [count],
    negativeDeltas: [],
    customValues: [],
  } as const;
}

async function read(database: Database): Promise<Map<string, string>> {
  const found = new Map<string, string>();
  const querier = database.querier(ALL_TIME);
  const set = await querier.select({ matchers: [], range: ALL_TIME, sorted: true, limit: 0 });
  const column = createSampleColumn(16);
  for (let row = 0; row < set.length; row++) {
    set.read(row, column);
    for (let i = 0; i < column.length; i++) {
      const word = (at: number) => column.bits[at]!.toString(16).padStart(8, '0');
      const histogram = column.histograms?.[i];
      const bits = word(2 * i + 1) + word(2 * i);
      // A marker that follows a histogram becomes one of histograms.
      const sample = histogram === undefined || bits === STALE ? bits : `count ${histogram.count}`;
      found.set(`${set.labels(row).get('s')} ${column.times[i]}`, `${sample} ${column.startTimes?.[i] ?? 0}`);
    }
  }
  querier.close();
  return found;
}

function headOf(forms: SampleForms) {
  const head = new Head({ chunkRangeMs: 2 * HOUR, minValidTime: -Infinity, forms });
  const log = new LogDouble();
  head.logTo(log);
  const chunks = () => {
    const steps = head.chunks(ALL_TIME);
    let step = steps.next();
    while (step.done !== true) step = steps.next();
    const source = head.chunkSource({ snapshot: step.value, range: ALL_TIME });
    return source.next() ? [...source.chunks] : [];
  };
  return { head, log, chunks, encodings: () => chunks().map(({ encoding }) => encoding) };
}

function addToHead(head: Head, times: readonly number[], start: number): void {
  const appender = head.appender();
  const batch = createSampleBatch(times.length);
  batch.startTimes = new Float64Array(times.length).fill(start);
  batch.refs.fill(appender.resolve(labelsFromObject({ s: 'a' })));
  batch.times.set(times);
  batch.length = times.length;
  appender.append(batch);
  appender.commit();
}
