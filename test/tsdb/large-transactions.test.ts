import { setImmediate } from 'node:timers/promises';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { Histogram } from '../../src/model/histogram.ts';
import { labelsFromObject } from '../../src/model/labels.ts';
import { ManualClock } from '../../src/std/manual-clock.ts';
import { MemoryFiles } from '../../src/std/memory-files.ts';
import { createRandom } from '../../src/std/random.ts';
import { runInTurns } from '../../src/std/turns.ts';
import type { Appender, ExemplarEntry, HistogramEntry, SampleBatch } from '../../src/storage/append.ts';
import type { TimeRange } from '../../src/storage/query.ts';
import { silentLog } from '../../src/telemetry/log.ts';
import { Head } from '../../src/tsdb/head/head.ts';
import { type Database, openDatabase } from '../../src/tsdb/tsdb.ts';
import type { LogRecord } from '../../src/tsdb/wal/compressed-samples.ts';
import type { PreparedRecords } from '../../src/tsdb/wal/prepare-records.ts';
import { recordBytes } from '../../src/tsdb/wal/records.ts';
import { replayWal } from '../../src/tsdb/wal/replay.ts';
import { ALL_TIME, append, batchOf, createHead, LogDouble, type Row, refOf, show } from './head-support.ts';
import { histogramFrom } from './histogram-support.ts';

const SERIES = 300;
const WINDOW_MS = 100_000;

/** Makes records ready in steps, and shows them as if they had come with the others. */
class PreparingLog extends LogDouble {
  readonly #prepared = new Map<PreparedRecords, readonly Uint8Array[]>();

  override append(records: readonly LogRecord[], _times?: TimeRange, prepared: PreparedRecords | null = null): void {
    super.append(prepared === null ? records : [...records, ...this.#prepared.get(prepared)!]);
  }

  *prepare(records: readonly LogRecord[]): Generator<undefined, PreparedRecords> {
    const bytes: Uint8Array[] = [];
    for (const record of records) {
      bytes.push(recordBytes(record).slice());
      yield;
    }
    const prepared = { frames: new Uint8Array(0), count: bytes.length, recordBytes: 0, bytesSaved: 0 };
    this.#prepared.set(prepared, bytes);
    return prepared;
  }
}

/** A head with some samples in each of its series. */
function filledHead(): { head: Head; refs: number[]; log: LogDouble } {
  const { head } = createHead({ outOfOrderMs: WINDOW_MS });
  const log = new PreparingLog();
  head.logTo(log, new PreparingLog());
  const refs = Array.from({ length: SERIES }, (_, i) => refOf(head, { __name__: 'm', id: String(i) }));
  append(
    head,
    refs.map((ref, i): Row => [ref, 100_000, i]),
  );
  return { head, refs, log };
}

/** A batch with everything that a transaction may have: several samples of a series, refusals, late ones, histograms, exemplars. */
function randomBatch(refs: readonly number[], samples: number, seed: number): SampleBatch {
  const random = createRandom(seed);
  const lateShare = [1, 40, 90][random.below(3)]!;
  const entryShare = [8, 2][random.below(2)]!;
  const rows: Row[] = [];
  for (let i = 0; i < samples; i++) {
    const kind = random.below(100);
    const time = kind < lateShare ? 50_000 + random.below(50_000) : 101_000 + 10 * i;
    rows.push([kind === 99 ? 999_999 : refs[random.below(refs.length - 20)]!, time, random.below(1000) / 8]);
  }
  const batch = batchOf(rows);
  const histograms: HistogramEntry[] = [];
  const exemplars: ExemplarEntry[] = [];
  for (let i = 0; i < samples / entryShare; i++) {
    const ref = refs[refs.length - 1 - random.below(20)]!;
    const time = random.below(100) < lateShare ? 60_000 + i : 101_000 + i;
    histograms.push({ ref, time, startTime: 0, histogram: histogramOf(random.below(50)) });
  }
  for (let i = 0; i < 5 + samples / entryShare / 2; i++) {
    const ref = refs[random.below(20)]!;
    exemplars.push({ ref, labels: labelsFromObject({ trace: String(i) }), value: i, time: 101_000 + i });
  }
  return { ...batch, histograms, exemplars };
}

function histogramOf(count: number): Histogram {
  const buckets = [[1, count]] as const;
  const rest = { schema: 0, zeroThreshold: 0.001, zeroCount: 0, sum: count, negative: [] };
  return histogramFrom({ isInteger: true, hint: 'gauge', positive: buckets, ...rest });
}

function* transaction(appender: () => Appender, batch: SampleBatch): Generator<undefined, void> {
  const opened = appender();
  yield* opened.appendInSteps(batch);
  yield* opened.commitInSteps();
}

function exemplarsOf(head: Head): number {
  const matchers = [{ type: '=', name: '__name__', value: 'm' }] as const;
  const found = runInTurns(head.findExemplars(ALL_TIME, [matchers]), null);
  return found.reduce((sum, { exemplars }) => sum + exemplars.length, 0);
}

/** `first`: who looks before the others, and so meets the transaction as it is. */
function everythingOf(head: Head, first: 'samples' | 'exemplars' = 'samples') {
  const before = first === 'exemplars' ? exemplarsOf(head) : null;
  const lines = show(head);
  const { samplesAppended, histogramsLogged, lateFloats, lateHistograms, exemplarsLogged, refused } = head.stats();
  return {
    lines,
    bounds: head.bounds,
    exemplars: before ?? exemplarsOf(head),
    counts: { samplesAppended, histogramsLogged, lateFloats, lateHistograms, exemplarsLogged },
    refused,
  };
}

describe('a transaction in steps', () => {
  it('is seen whole or not at all, and does what one in a single turn does', () => {
    const looks = fc.array(fc.nat(40), { maxLength: 3 });
    fc.assert(
      fc.property(fc.integer({ min: 1, max: 9000 }), fc.nat(), looks, (samples, seed, looksAt) => {
        const plain = filledHead();
        const before = everythingOf(plain.head);
        const appender = plain.head.appender();
        appender.append(randomBatch(plain.refs, samples, seed));
        appender.commit();
        const after = everythingOf(plain.head);

        const { refused: refusedBefore, ...seenBefore } = before;
        const { refused: refusedAfter, ...seenAfter } = after;

        const { head, log, refs } = filledHead();
        const steps = head.transactions.run(transaction(() => head.appender(), randomBatch(refs, samples, seed)));
        const logged = log.calls.length;
        for (let step = 0; steps.next().done !== true; step++) {
          if (!looksAt.includes(step)) continue;
          // Until the log has it nothing is seen of it, and all of it from then on.
          const isLogged = log.calls.length > logged;
          const { refused, ...seen } = everythingOf(head, step % 2 === 0 ? 'samples' : 'exemplars');
          expect(seen).toEqual(isLogged ? seenAfter : seenBefore);
          // What is refused is counted as it is told.
          expect([refusedBefore, refusedAfter]).toContainEqual(refused);
        }
        expect(everythingOf(head)).toEqual(after);
        expect(log.calls.slice(logged)).toEqual(plain.log.calls.slice(logged));
      }),
      { numRuns: 15 },
    );
  });

  it('is ended by an appender between any two steps, which comes after it', () => {
    fc.assert(
      fc.property(
        fc.integer({ min: 1, max: 9000 }),
        fc.nat(),
        fc.integer({ min: 1, max: 40 }),
        (samples, seed, stepsBefore) => {
          const next: Row[] = [0, 1, 2, 290].flatMap((i): Row[] => [
            [i, 110_000, 7],
            [i, 55_000, 8],
            [i, 9_000_000, 9],
          ]);
          const rowsOf = (refs: readonly number[]) => next.map(([i, time, value]): Row => [refs[i]!, time, value]);
          const plain = filledHead();
          const appender = plain.head.appender();
          appender.append(randomBatch(plain.refs, samples, seed));
          appender.commit();
          const told = append(plain.head, rowsOf(plain.refs));

          const { head, log, refs } = filledHead();
          const steps = head.transactions.run(transaction(() => head.appender(), randomBatch(refs, samples, seed)));
          for (let i = 0; i < stepsBefore && steps.next().done !== true; i++);
          expect(append(head, rowsOf(refs))).toBe(told);
          expect(steps.next().done).toBe(true);
          expect(everythingOf(head)).toEqual(everythingOf(plain.head));
          expect(log.calls).toEqual(plain.log.calls);
        },
      ),
      { numRuns: 15 },
    );
  });

  it('takes several steps to check and to apply', () => {
    const { head, log, refs } = filledHead();
    const steps = head.transactions.run(transaction(() => head.appender(), randomBatch(refs, 40_000, 1)));
    let checking = 0;
    let applying = 0;
    const logged = log.calls.length;
    while (steps.next().done !== true) {
      if (log.calls.length === logged) checking++;
      else applying++;
    }
    expect(checking).toBeGreaterThan(1);
    expect(applying).toBeGreaterThan(10);
  });

  it('is ended by an appender, which sees its samples', () => {
    const { head, refs } = filledHead();
    const rows = refs.flatMap((ref) => Array.from({ length: 20 }, (_, k): Row => [ref, 200_000 + k, k]));
    for (const stepsBefore of [1, 2]) {
      const at = 100_000 * stepsBefore;
      const batch = batchOf(rows.map(([ref, time, value]): Row => [ref, time + at, value]));
      const steps = head.transactions.run(transaction(() => head.appender(), batch));
      for (let i = 0; i < stepsBefore; i++) expect(steps.next().done).toBe(false);
      expect(append(head, [[refs[0]!, 200_000 + at + 19, 0]])).toBe('0 taken, 0: duplicate');
      expect(steps.next().done).toBe(true);
    }
    expect(head.stats().activeAppenders).toBe(0);
  });

  it('leaves nothing behind where the log refuses it', () => {
    const { head, log, refs } = filledHead();
    const before = everythingOf(head);
    log.failure = new Error('full');
    const rows = refs.flatMap((ref) => Array.from({ length: 20 }, (_, k): Row => [ref, 200_000 + k, k]));
    const steps = head.transactions.run(transaction(() => head.appender(), batchOf(rows)));
    expect(() => runInTurns(steps, null)).toThrow('full');
    expect(everythingOf(head)).toEqual(before);
    log.failure = null;
    expect(append(head, [[refs[0]!, 300_000, 1]])).toBe('1 taken');
  });

  it('is not seen by a reader whose moment was before, nor ended by it', async () => {
    let now = 0;
    const turns = { pieceMs: 1, now: () => now++, pause: async () => void (await setImmediate()) };
    const head = new Head({ chunkRangeMs: 7_200_000, minValidTime: Number.NEGATIVE_INFINITY, turns });
    head.logTo(new LogDouble());
    const refs = Array.from({ length: 20_000 }, (_, i) => refOf(head, { id: String(i) }));
    append(
      head,
      refs.map((ref): Row => [ref, 1000, 1]),
    );
    const matchers = [{ type: '!=', name: 'id', value: '' }] as const;
    const querier = head.querier(ALL_TIME);
    await querier.prepare([matchers]);
    const batch = batchOf(refs.map((ref): Row => [ref, 2000, 2]));
    const steps = head.transactions.run(transaction(() => head.appender(), batch));
    const release = querier.holdMoment();
    for (let i = 0; i < 4; i++) expect(steps.next().done).toBe(false);
    expect(head.transactions.isApplying).toBe(true);
    const snapshot = await querier.snapshot({ matchers, range: ALL_TIME, limit: 0 });
    release();
    querier.close();
    expect(head.transactions.isApplying).toBe(true);
    expect(snapshot.counts).toHaveLength(20_000);
    expect(snapshot.counts.every((count) => count === 1)).toBe(true);

    // One that comes now takes the steps that are left, in turns of its own.
    const later = head.querier(ALL_TIME);
    const taken = later.snapshot({ matchers, range: ALL_TIME, limit: 0 });
    expect(taken).toBeInstanceOf(Promise);
    expect((await taken).counts.every((count) => count === 2)).toBe(true);
    later.close();
    expect(steps.next().done).toBe(true);
  });
});

describe('a marker of late samples', () => {
  it('is not written of a chunk behind which the log has samples that are not applied yet', async () => {
    const files = new MemoryFiles();
    const clock = new ManualClock();
    const parts = { fileSystem: files, clock, log: silentLog, lock: false, outOfOrderMs: WINDOW_MS, maintenance: null };
    const database = await openDatabase({ directory: '/d', ...parts });
    const opened = database.appender();
    const refs = Array.from({ length: 20 }, (_, i) => opened.resolve(labelsFromObject({ id: String(i) })));
    opened.rollback();
    const put = (rows: readonly Row[]): void => {
      const appender = database.appender();
      appender.append(batchOf(rows));
      appender.commit();
    };
    put(refs.map((ref): Row => [ref, 100_000, 1]));
    // So many make a chunk of each.
    for (let i = 0; i < 32; i++) put(refs.map((ref): Row => [ref, 50_000 + i, i]));
    const rows = refs.flatMap((ref) => Array.from({ length: 200 }, (_, i): Row => [ref, 60_000 + i, i]));
    const steps = database.inSteps(transaction(() => database.appender(), batchOf(rows)));
    for (let i = 0; i < 3; i++) expect(steps.next().done).toBe(false);
    clock.advance(1000);
    while (database.stats().chunkFiles.chunksWritten < 20) await setImmediate();
    for (let i = 0; i < 10; i++) await setImmediate();
    runInTurns(steps, null);
    let markers = 0;
    const none = (): void => {};
    replayWal(files, '/d/wbl', {
      ...{ series: none, samples: none, histograms: none, exemplars: none, tombstones: none, metadata: none },
      markers: (entries) => {
        markers += entries.length;
      },
    });
    expect(markers).toBe(0);
    await database.close();
  });
});

describe('a database that is killed', () => {
  const open = (fileSystem: MemoryFiles) =>
    openDatabase({
      directory: '/d',
      fileSystem,
      clock: new ManualClock(),
      log: silentLog,
      lock: false,
      outOfOrderMs: WINDOW_MS,
      maintenance: null,
      exemplarsMax: 10_000,
    });
  /** A database with a sample in each of its series. */
  const openFilled = async () => {
    const files = new MemoryFiles();
    const database = await open(files);
    const appender = database.appender();
    const refs = Array.from({ length: SERIES }, (_, i) => appender.resolve(labelsFromObject({ id: String(i) })));
    appender.append(batchOf(refs.map((ref): Row => [ref, 100_000, 1])));
    appender.commit();
    return { database, files, refs };
  };
  const works: readonly (readonly [string, (database: Database) => Promise<unknown>])[] = [
    ['an image was written', (database) => database.writeHeadImage()],
    ['late samples were compacted', (database) => database.compactOutOfOrder()],
    ['the database was closed', (database) => database.close()],
  ];

  it('between any two steps of a transaction has all of it, or nothing', async () => {
    const { database, files, refs } = await openFilled();
    const rows = Array.from({ length: 8000 }, (_, i): Row => {
      return i < 2500 ? [refs[i % 250]!, 60_000 + i, 2] : [refs[i % 250]!, 200_000 + i, 2];
    });
    const histograms = Array.from({ length: 500 }, (_, i): HistogramEntry => {
      return {
        ref: refs[270 + (i % 30)]!,
        time: i < 200 ? 70_000 + i : 200_000 + i,
        startTime: 0,
        histogram: histogramOf(i),
      };
    });
    const exemplars = Array.from({ length: 500 }, (_, i): ExemplarEntry => {
      return { ref: refs[i % 50]!, labels: labelsFromObject({ trace: String(i) }), value: i, time: 200_000 + i };
    });
    const batch = { ...batchOf(rows), histograms, exemplars };
    const seen: string[] = [];
    const steps = database.inSteps(transaction(() => database.appender(), batch));
    for (let isDone = false; !isDone; ) {
      isDone = steps.next().done === true;
      const again = await open(files.afterProcessDeath());
      const samples = show(again).reduce((sum, line) => sum + line.split(' ').length - 1, 0);
      const matchers = [{ type: '!=', name: 'id', value: '' }] as const;
      const found = await again.exemplars(ALL_TIME, [matchers]);
      seen.push(`${samples} ${found.reduce((sum, series) => sum + series.exemplars.length, 0)}`);
      await again.close();
    }
    const whole = seen.findIndex((counts) => counts !== seen[0]);
    expect(seen.length - whole).toBeGreaterThan(10);
    expect(new Set(seen.slice(0, whole))).toEqual(new Set([`${SERIES} 0`]));
    expect(new Set(seen.slice(whole))).toEqual(new Set([seen.at(-1)]));
    expect(seen.at(-1)).toMatch(/ 500$/);
    await database.close();
  });

  it.each(works)('while a transaction was made in steps and %s has all of it, or nothing', async (_, work) => {
    const counts = new Set<number>();
    for (let stepsBefore = 0; stepsBefore < 12; stepsBefore++) {
      const { database, files, refs } = await openFilled();
      const rows = Array.from({ length: 20_000 }, (_, i): Row => {
        return i < 100 ? [refs[i]!, 60_000 + i, 2] : [refs[i % SERIES]!, 200_000 + i, 2];
      });
      const steps = database.inSteps(transaction(() => database.appender(), batchOf(rows)));
      for (let i = 0; i < stepsBefore; i++) steps.next();
      await work(database);
      const again = await open(files.afterProcessDeath());
      const samples = show(again).reduce((sum, line) => sum + line.split(' ').length - 1, 0);
      expect([SERIES, SERIES + rows.length]).toContain(samples);
      counts.add(samples);
      await again.close();
    }
    expect(counts).toContain(SERIES + 20_000);
  });
});
