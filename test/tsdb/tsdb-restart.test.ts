import { describe, expect, it, vi } from 'vitest';
import { CUSTOM_BUCKETS_SCHEMA, type Histogram } from '../../src/model/histogram.ts';
import { labelsFromObject } from '../../src/model/labels.ts';
import type { Matcher } from '../../src/model/matcher.ts';
import { ManualClock } from '../../src/std/manual-clock.ts';
import { MemoryFiles } from '../../src/std/memory-files.ts';
import { silentLog } from '../../src/telemetry/log.ts';
import { createRegistry } from '../../src/telemetry/metric-registry.ts';
import { PLAIN_FORMS } from '../../src/tsdb/chunk/sample-forms.ts';
import { type Database, openDatabase } from '../../src/tsdb/tsdb.ts';
import { seriesRecord } from '../../src/tsdb/wal/records.ts';
import { WalWriter } from '../../src/tsdb/wal/writer.ts';
import { batchOf, describeOutcome, type Row, show } from './head-support.ts';
import { histogramFrom } from './histogram-support.ts';
import { samplesOf } from './wal-support.ts';

describe('openDatabase()', () => {
  it('serves what was appended before a restart, and goes on after the last sample', async () => {
    const files = new MemoryFiles();
    const first = await open(files);
    const rows = Array.from({ length: 300 }, (_, i): [string, number, number] => [
      String(i % 7),
      1000 * i,
      Math.sin(i),
    ]);
    for (const row of rows) add(first, [row]);
    add(first, [['stale', 300_000, '7ff0000000000002']]);
    const before = show(first);
    expect(before).toHaveLength(8);
    await first.close();

    const second = await open(files);
    expect(show(second)).toEqual(before);
    expect(second.headBounds).toEqual({ minTime: 0, maxTime: 300_000 });
    expect(second.stats().replay).toMatchObject({ series: 8, samples: 301, unknownRefs: 0, skippedSamples: 0 });
    expect(
      add(second, [
        ['0', 1000, 1],
        ['0', 294_000, Math.sin(294)],
        ['0', 294_001, 5],
        ['9', 300_001, 1],
      ]),
    ).toBe('3 taken, 0: outOfOrder');
    await second.close();
    expect(show(await open(files))).toHaveLength(9);
  });

  it('loses nothing that was committed when the process is killed', async () => {
    const files = new MemoryFiles();
    const database = await open(files);
    add(database, [
      ['a', 1, 1],
      ['b', 1, 2],
    ]);
    add(database, [['a', 2, 3]]);
    const open2 = database.appender();
    open2.append(batchOf([[open2.resolve(labelsFromObject({ s: 'c' })), 3, 1]]));
    const after = await open(files.afterProcessDeath());
    expect(show(after)).toEqual(['{s="a"} 1=1 2=3', '{s="b"} 1=2']);
  });

  it.each([false, true])(
    'keeps histograms of a series that are of several kinds by turns (start times: %s)',
    async (v2) => {
      const files = new MemoryFiles();
      const forms = v2 ? { ...PLAIN_FORMS, loggedStartTimes: true } : PLAIN_FORMS;
      const database = await open(files, new ManualClock(), forms);
      const appender = database.appender();
      const refs = ['a', 'b'].map((s) => appender.resolve(labelsFromObject({ s })));
      const batch = batchOf([]);
      batch.histograms = ['integer', 'float', 'custom', 'integer', 'custom float', 'integer'].flatMap((kind, i) =>
        refs.map((ref) => ({ ref, time: i + 1, startTime: 0, histogram: histogramOf(kind, i) })),
      );
      expect(describeOutcome(appender.append(batch))).toBe('12 taken');
      appender.commit();
      const expected = ['{s="a"} 1=0 2=1 3=2 4=3 5=4 6=5', '{s="b"} 1=0 2=1 3=2 4=3 5=4 6=5'];
      expect(show(database)).toEqual(expected);
      expect(show(await open(files.afterProcessDeath(), new ManualClock(), forms))).toEqual(expected);
    },
  );

  it('gives no ref a second time', async () => {
    const files = new MemoryFiles();
    const first = await open(files);
    const appender = first.appender();
    const refs = ['a', 'b', 'c'].map((s) => appender.resolve(labelsFromObject({ s })));
    appender.append(batchOf([[refs[1]!, 1, 1]]));
    appender.commit();
    await first.close();
    const second = await open(files);
    const next = second.appender();
    expect(next.resolve(labelsFromObject({ s: 'b' }))).toBe(refs[1]);
    expect(next.resolve(labelsFromObject({ s: 'd' }))).toBeGreaterThan(Math.max(...refs));
    next.rollback();
  });

  it('has exemplars that came late after a restart too', async () => {
    const files = new MemoryFiles();
    const options = { directory: 'data', fileSystem: files, log: silentLog, outOfOrderMs: 60_000, exemplarsMax: 10 };
    const first = await openDatabase({ ...options, clock: new ManualClock() });
    const appender = first.appender();
    const ref = appender.resolve(labelsFromObject({ s: 'a' }));
    const batch = batchOf([[ref, 9000, 1]]);
    const exemplar = (time: number, trace: string) => ({ ref, time, value: 1, labels: labelsFromObject({ trace }) });
    batch.exemplars = [exemplar(9000, 'x'), exemplar(8000, 'y')];
    appender.append(batch);
    appender.commit();
    const times = async (database: Database) => {
      const found = await database.exemplars({ minTime: 0, maxTime: 10_000 }, [[]]);
      return found.map(({ exemplars }) => exemplars.map(({ time }) => time));
    };
    expect(await times(first)).toEqual([[8000, 9000]]);
    await first.close();
    const second = await openDatabase({ ...options, clock: new ManualClock() });
    expect(await times(second)).toEqual([[8000, 9000]]);
    await second.close();
  });

  it('does not know series after a restart of which no sample is left, as the reference', async () => {
    const files = new MemoryFiles();
    const first = await open(files);
    add(first, [['kept', 1, 1]]);
    const appender = first.appender();
    const empty = appender.resolve(labelsFromObject({ s: 'empty' }));
    appender.commit();
    expect(first.stats().head.series).toBe(2);
    await first.close();
    const second = await open(files);
    expect(second.stats().head.series).toBe(1);
    expect(await second.querier({ minTime: 0, maxTime: 10 }).labelValues('s', [], 0)).toEqual(['kept']);
    const next = second.appender();
    const again = next.resolve(labelsFromObject({ s: 'empty' }));
    expect(again).toBeGreaterThan(empty);
    next.append(batchOf([[again, 2, 7]]));
    next.commit();
    await second.close();
    expect(show(await open(files))).toEqual(['{s="empty"} 2=7', '{s="kept"} 1=1']);
  });

  it('refuses a batch that can not be written, keeps serving, and takes it when there is room', async () => {
    const files = new MemoryFiles();
    const clock = new ManualClock(0);
    const database = await open(files, clock);
    add(database, [['a', 1, 1]]);
    files.capacity = 0;
    expect(() =>
      add(database, [
        ['a', 2, 2],
        ['b', 2, 2],
      ]),
    ).toThrow(/no space left/);
    expect(show(database)).toEqual(['{s="a"} 1=1']);
    files.capacity = Number.POSITIVE_INFINITY;
    clock.advance(1000);
    await vi.waitUntil(() => database.appendsStopped === null);
    expect(
      add(database, [
        ['a', 2, 3],
        ['b', 2, 2],
      ]),
    ).toBe('2 taken');
    const expected = ['{s="a"} 1=1 2=3', '{s="b"} 2=2'];
    expect(show(database)).toEqual(expected);
    expect(show(await open(files.afterProcessDeath()))).toEqual(expected);
  });

  it('counts samples of refs that the log does not name, and merges refs with equal labels', async () => {
    const files = new MemoryFiles();
    const wal = WalWriter.open({ fileSystem: files, clock: new ManualClock(), directory: 'data/wal' });
    const a = labelsFromObject({ s: 'a' });
    wal.append([
      seriesRecord([{ ref: 5, labels: a }]),
      samplesOf([
        [5, 10, 1],
        [8, 10, 1],
      ]),
    ]);
    wal.append([
      seriesRecord([
        { ref: 5, labels: a },
        { ref: 7, labels: a },
      ]),
      samplesOf([
        [7, 20, 2],
        [5, 20, 3],
        [5, 15, 3],
        [7, 30, 4],
      ]),
    ]);
    await wal.close();
    const database = await open(files);
    expect(show(database)).toEqual(['{s="a"} 10=1 20=2 30=4']);
    expect(database.stats().replay).toMatchObject({ unknownRefs: 1, skippedSamples: 2, samples: 3 });
    expect(add(database, [['a', 31, 5]])).toBe('1 taken');
    const appender = database.appender();
    expect(appender.resolve(a)).toBe(5);
    expect(appender.resolve(labelsFromObject({ s: 'b' }))).toBe(8);
    appender.rollback();
  });

  it('cuts values of a label in the order of the log, and where other labels choose in that of refs', async () => {
    const files = new MemoryFiles();
    const wal = WalWriter.open({ fileSystem: files, clock: new ManualClock(), directory: 'data/wal' });
    const refs = {
      9: { c: '1', s: 'x' },
      3: { c: '1', s: 'y' },
      5: { c: '1', s: 'z' },
      4: { c: '2', s: 'z' },
      2: { c: '1', d: '1', s: 'x' },
    };
    for (const ref of [9, 3, 5, 4, 2] as const) {
      wal.append([seriesRecord([{ ref, labels: labelsFromObject(refs[ref]) }]), samplesOf([[ref, 10, 1]])]);
    }
    await wal.close();
    const database = await open(files);
    expect(add(database, [['w', 11, 5]])).toBe('1 taken');
    const querier = database.querier({ minTime: 0, maxTime: 100 });
    const first = (limit: number, ...matchers: Matcher[]) => querier.labelValues('s', matchers, limit);
    expect(await first(1)).toEqual(['x']);
    expect(await first(3)).toEqual(['x', 'y', 'z']);
    expect(await first(1, { type: '!=', name: 's', value: 'x' })).toEqual(['y']);
    expect(await first(1, { type: '=', name: 'c', value: '1' })).toEqual(['x']);
    expect(await first(2, { type: '!=', name: 'c', value: '9' })).toEqual(['x', 'y']);
    expect(await first(1, { type: '!=', name: 'd', value: '1' })).toEqual(['y']);
    querier.close();
    await database.close();
  });

  it('enters its metrics under the names that dashboards know', async () => {
    const registry = createRegistry(new ManualClock());
    const database = await openDatabase({
      directory: 'data',
      fileSystem: new MemoryFiles(),
      clock: new ManualClock(),
      log: silentLog,
      registry,
    });
    expect(registry.render()).toContain('prometheus_tsdb_head_min_time 9.223372036854776e+18');
    add(database, [
      ['a', 1000, 1],
      ['b', 2345, 1],
      ['a', 999, 1],
    ]);
    await database.sync();
    const text = registry.render();
    for (const line of [
      'prometheus_tsdb_head_series 2',
      'prometheus_tsdb_head_chunks 2',
      'prometheus_tsdb_head_min_time 1000',
      'prometheus_tsdb_head_max_time_seconds 2',
      'prometheus_tsdb_head_samples_appended_total{type="float"} 2',
      'prometheus_tsdb_out_of_order_samples_total{type="float"} 1',
      'prometheus_tsdb_wal_segment_current 0',
      'prometheus_tsdb_wal_fsync_duration_seconds_count 1',
      'prometheus_tsdb_wal_record_part_writes_total 2',
      'prometheus_tsdb_wal_truncations_total 0',
      'prometheus_tsdb_out_of_order_wbl_segment_current -1',
      'prometheus_tsdb_out_of_order_wbl_storage_size_bytes 0',
    ]) {
      expect(text.split('\n')).toContain(line);
    }
  });

  it('counts appended samples with those that came out of order', async () => {
    const registry = createRegistry(new ManualClock());
    const database = await openDatabase({
      directory: 'data',
      fileSystem: new MemoryFiles(),
      clock: new ManualClock(),
      log: silentLog,
      registry,
      outOfOrderMs: 1000,
    });
    add(database, [['a', 10_000, 1]]);
    add(database, [
      ['a', 9500, 1],
      ['a', 9600, 1],
      ['a', 5000, 1],
    ]);
    add(database, [['a', 10_001, 1]]);
    await database.sync();
    const lines = registry.render().split('\n');
    expect(Number(/^prometheus_tsdb_wal_storage_size_bytes (\d+)$/m.exec(lines.join('\n'))?.[1])).toBeGreaterThan(50);
    for (const line of [
      'prometheus_tsdb_out_of_order_wbl_segment_current 0',
      'prometheus_tsdb_out_of_order_wbl_page_flushes_total 1',
      'prometheus_tsdb_head_samples_appended_total{type="float"} 4',
      'prometheus_tsdb_head_samples_appended_total{type="histogram"} 0',
      'prometheus_tsdb_head_out_of_order_samples_appended_total{type="float"} 2',
      'prometheus_tsdb_too_old_samples_total{type="float"} 1',
    ]) {
      expect(lines).toContain(line);
    }
    await database.close();
  });

  it('holds the lock until it is closed, also when the start fails', async () => {
    const files = new MemoryFiles();
    const database = await open(files);
    await expect(open(files)).rejects.toMatchObject({ code: 'ELOCKED' });
    await database.close();
    await database.close();
    expect(() => database.appender()).toThrow('closed');
    const again = await open(files);
    await again.close();
  });

  it('can be read through an open querier while it is closed', async () => {
    const database = await open(new MemoryFiles());
    add(database, [['a', 1, 1]]);
    await database.close();
    expect(show(database)).toEqual(['{s="a"} 1=1']);
  });
});

function open(fileSystem: MemoryFiles, clock = new ManualClock(), forms = PLAIN_FORMS): Promise<Database> {
  return openDatabase({ directory: 'data', fileSystem, clock, log: silentLog, forms });
}

function histogramOf(kind: string, sum: number): Histogram {
  return histogramFrom({
    isInteger: !kind.includes('float'),
    hint: 'unknown',
    schema: kind.startsWith('custom') ? CUSTOM_BUCKETS_SCHEMA : 0,
    zeroThreshold: 0,
    zeroCount: 0,
    sum,
    positive: [[1, 3]],
    negative: [],
  });
}

/** Appends rows of the series `{s="..."}` in one transaction. */
function add(database: Database, rows: readonly (readonly [string, number, Row[2]])[]): string {
  const appender = database.appender();
  const batch = batchOf(rows.map(([s, time, value]): Row => [appender.resolve(labelsFromObject({ s })), time, value]));
  const outcome = describeOutcome(appender.append(batch));
  appender.commit();
  return outcome;
}
