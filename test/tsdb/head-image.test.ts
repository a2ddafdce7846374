import { setImmediate } from 'node:timers/promises';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { IntegerHistogram } from '../../src/model/histogram.ts';
import { labelsFromObject } from '../../src/model/labels.ts';
import { ManualClock } from '../../src/std/manual-clock.ts';
import { ProcessDied } from '../../src/std/memory-faults.ts';
import { MemoryFiles } from '../../src/std/memory-files.ts';
import { type Log, silentLog } from '../../src/telemetry/log.ts';
import { dataDirectory } from '../../src/tsdb/data-directory.ts';
import type { Head } from '../../src/tsdb/head/head.ts';
import { FRAME, FrameReader, trailerOffset } from '../../src/tsdb/head-image/image-frames.ts';
import { type LoadedHead, loadHead } from '../../src/tsdb/start/load-head.ts';
import { type Database, openDatabase } from '../../src/tsdb/tsdb.ts';
import { damageOffset, damageStride } from '../support/damage-stride.ts';
import { ALL_TIME, batchOf, type Value } from './head-support.ts';
import { showDatabase } from './show-database.ts';

const ROOT = '/data';
const IMAGE = `${ROOT}/head_image`;

describe('an image of the head', () => {
  it('with the log behind it gives what the log alone gives, at any moment of any load', async () => {
    const step = fc.record({
      series: fc.nat({ max: 30 }),
      count: fc.integer({ min: 1, max: 150 }),
      stride: fc.constantFrom(1, 1000, 15_000, 600_000),
      kind: fc.constantFrom('float', 'float', 'bits', 'histogram', 'stale'),
      after: fc.constantFrom(
        'none',
        'none',
        'none',
        'files',
        'image',
        'image',
        'image',
        'exemplar',
        'delete',
        'remove',
        'restart',
        'kill',
      ),
    });
    let images = 0;
    await fc.assert(
      fc.asyncProperty(fc.array(step, { maxLength: 25 }), async (steps) => {
        let files = new MemoryFiles();
        let opened = await open(files);
        const next = new Map<number, number>();
        for (const { count, kind, series, stride, after } of steps) {
          fill(opened.database, series, kind, count, stride, next);
          if (after === 'files') await settle(opened);
          if (after === 'image' && (await opened.database.writeHeadImage())) images++;
          if (after === 'exemplar') addExemplar(opened.database, series, next);
          if (after === 'delete' || after === 'remove') {
            const range = after === 'remove' ? ALL_TIME : { minTime: 2000, maxTime: 40_000 };
            await opened.database.delete([[{ type: '=', name: 's', value: String(series) }]], range);
          }
          if (after === 'restart') await opened.database.close();
          if (after === 'restart' || after === 'kill') {
            if (after === 'kill') files = files.afterProcessDeath();
            opened = await open(files);
          }
        }
        await expectSameWithout(files.afterProcessDeath());
        await opened.database.close();
      }),
      { numRuns: 30 },
    );
    expect(images).toBeGreaterThan(2);
  });

  it('may be written while samples and series come', async () => {
    const files = new MemoryFiles();
    const { database } = await open(files);
    const rows = 3000;
    const write = (time: number, upTo: number) => {
      const appender = database.appender();
      const refs = Array.from({ length: upTo }, (_, i) => appender.resolve(labelsFromObject({ s: String(i) })));
      appender.append(batchOf(refs.map((ref, i) => [ref, time, time + i])));
      appender.commit();
    };
    for (let time = 0; time < 5; time++) write(time, rows);
    const written = database.writeHeadImage();
    for (let time = 5; time < 12; time++) {
      await setImmediate();
      write(time, rows + 100 * time);
    }
    expect(await written).toBe(true);
    write(12, rows);
    await expectSameWithout(files.afterProcessDeath(), rows);
  });

  it('gives what is not in blocks, as the log alone does, with the chunks that came to files since', async () => {
    const { files, database, clock } = await prepared();
    await settle({ clock });
    expect(await database.writeHeadImage()).toBe(true);
    const next = new Map(Array.from({ length: 20 }, (_, i) => [i, 300_000]));
    for (let i = 0; i < 20; i += 3) fill(database, i, i % 4 === 3 ? 'histogram' : 'float', 130, 1000, next);
    await settle({ clock });
    const disk = files.afterProcessDeath();
    const without = files.afterProcessDeath();
    without.removeSync(IMAGE);
    for (const minValidTime of [-1e9, 0, 500, 39_500, 40_000, 100_000, 199_999, 310_000, 1e9]) {
      const [a, b] = [loaded(disk, minValidTime), loaded(without, minValidTime)];
      expect(a.imageSeries).toBe(20);
      expect(a.head.bounds).toEqual(b.head.bounds);
      expect(a.head.stats().chunks).toBe(b.head.stats().chunks);
      const shown = await Promise.all([a, b].map(({ head }) => showHead(head)));
      expect(shown[0]).toEqual(shown[1]);
    }
  });

  it('is left aside where it does not fit the directory', async () => {
    const { files, database, clock } = await prepared();
    await settle({ clock });
    await database.writeHeadImage();
    fill(database, 1, 'float', 10, 1000, new Map([[1, 900_000]]));
    const changes: [string, (disk: MemoryFiles) => void][] = [
      ['has other bytes before offset', (disk) => overwrite(disk, `${ROOT}/wal/00000000`, 100, 0xff)],
      ['ends before offset', (disk) => truncate(disk, `${ROOT}/wal/00000000`, 100)],
      ['chunks_head does not have all', (disk) => truncate(disk, `${ROOT}/chunks_head/000001`, 100)],
      ['chunks_head does not have all', (disk) => disk.removeSync(`${ROOT}/chunks_head/000001`)],
      ['the log has a newer checkpoint', (disk) => disk.makeDirectorySync(`${ROOT}/wal/checkpoint.00000000`)],
      ['too few for an image', (disk) => truncate(disk, IMAGE, 5)],
    ];
    for (const [reason, change] of changes) {
      const disk = files.afterProcessDeath();
      change(disk);
      const { messages, database: again } = await open(disk);
      expect(again.stats().replay.imageSeries).toBe(0);
      expect(messages.filter((message) => message.includes(reason))).toHaveLength(1);
    }
    const same = await open(files.afterProcessDeath());
    expect(same.database.stats().replay.imageSeries).toBeGreaterThan(0);
    const cutAtOtherTimes = await open(files.afterProcessDeath(), 3_600_000);
    expect(cutAtOtherTimes.database.stats().replay.imageSeries).toBe(0);
  });

  it('is written at a stop also where nothing came since the start', async () => {
    const { files, database } = await prepared();
    const next = new Map<number, number>();
    // More of a log than a stop leaves for the next start.
    for (let series = 100; series < 250; series++) fill(database, series, 'bits', 1000, 1000, next);
    const killed = files.afterProcessDeath();
    // A segment that nothing was written to, as another start leaves it.
    killed.openSync(`${ROOT}/wal/00000001`, 'wx').closeSync();
    for (const disk of [killed.afterProcessDeath(), files.afterProcessDeath()]) {
      const quiet = await open(disk);
      expect(quiet.database.stats().replay).toMatchObject({ imageSeries: 0, series: 170 });
      const expected = await showDatabase(quiet.database);
      await quiet.database.close();
      for (let start = 0; start < 2; start++) {
        const again = await open(disk);
        expect(again.database.stats().replay).toMatchObject({ imageSeries: 170, samples: start });
        expect(await showDatabase(again.database)).toEqual(expected);
        fill(again.database, 1, 'float', 1, 1000, new Map([[1, 2_000_000]]));
        await expectSameWithout(disk.afterProcessDeath(), 170);
        await again.database.close();
        if (start === 0) expected.splice(0, expected.length, ...(await showAll(disk.afterProcessDeath())));
      }
    }
  });

  it('is written at a stop for exemplars that the log would not give back', async () => {
    const files = new MemoryFiles();
    const { database } = await open(files, 120_000);
    const next = new Map<number, number>();
    fill(database, 1, 'float', 10, 1000, next);
    addExemplar(database, 1, next);
    fill(database, 1, 'float', 60, 6000, next);
    await database.compact();
    expect(database.blockMetas().length).toBeGreaterThan(0);
    const exemplars = await showExemplars(database);
    expect(exemplars).toHaveLength(1);
    await database.close();
    for (let start = 0; start < 3; start++) {
      const again = await open(files, 120_000);
      expect(await showExemplars(again.database)).toEqual(exemplars);
      const written = files.operations.length;
      if (start === 1) fill(again.database, 1, 'float', 1, 1000, next);
      await again.database.close();
      const images = files.operations.slice(written).filter(({ path }) => path.endsWith('head_image'));
      if (start < 2) expect(images.length > 0).toBe(start === 1);
    }
  });

  it('is not written where the disk has no room for it and for the log', async () => {
    const { files, database } = await prepared(3);
    files.capacity = 60 * 1024 * 1024;
    const before = files.operations.length;
    expect(await database.writeHeadImage()).toBe(false);
    expect(files.operations.slice(before).filter(({ path }) => path.includes('head_image'))).toEqual([]);
    files.capacity = 70 * 1024 * 1024;
    expect(await database.writeHeadImage()).toBe(true);
  });

  it('is of no use, and does no harm, with any byte flipped or missing', async () => {
    const { files, database, clock } = await prepared(3);
    await settle({ clock });
    await database.writeHeadImage();
    const disk = files.afterProcessDeath();
    const whole = disk.readFileSync(IMAGE).slice();
    const expected = await showAll(disk.afterProcessDeath());
    for (let at = damageOffset(); at < whole.length; at += at < 20 || at > whole.length - 40 ? 1 : damageStride(41)) {
      const flipped = whole.slice();
      flipped[at]! ^= 1 << (at % 8);
      for (const bytes of [flipped, whole.slice(0, at)]) {
        const damaged = disk.afterProcessDeath();
        const file = damaged.openSync(IMAGE, 'w');
        file.writeSync(bytes, 0, bytes.length, 0);
        file.closeSync();
        const opened = await open(damaged);
        expect(opened.database.stats().replay.imageSeries).toBe(0);
        expect(await showDatabase(opened.database)).toEqual(expected);
      }
    }
  });

  it('has no byte that can be changed, and none that can be missing, without its frames telling so', async () => {
    const { files, database, clock } = await prepared(3);
    await settle({ clock });
    await database.writeHeadImage();
    const whole = files.readFileSync(IMAGE).slice();
    expect(framesOf(whole)).toBeGreaterThan(6);
    for (let at = 0; at < whole.length; at++) {
      expect(() => framesOf(whole.subarray(0, at))).toThrow(/head_image at offset \d+/);
      for (let bit = 0; bit < 8; bit++) {
        const flipped = whole.slice();
        flipped[at]! ^= 1 << bit;
        expect(() => framesOf(flipped)).toThrow(/head_image at offset \d+/);
      }
    }
  });

  it('appears whole or not at all, whenever the process dies or the disk fails', async () => {
    const run = async (prepare: (files: MemoryFiles) => void) => {
      const { files, database } = await prepared(3);
      await database.writeHeadImage();
      fill(database, 2, 'float', 20, 1000, new Map([[2, 950_000]]));
      prepare(files);
      try {
        await database.writeHeadImage();
      } catch (error) {
        if (!(error instanceof ProcessDied)) throw error;
      }
      return files;
    };
    let from = 0;
    const undisturbed = await run((files) => {
      from = files.operations.length;
    });
    const expected = await showAll(undisturbed.afterProcessDeath());
    for (const { call, name, size } of undisturbed.operations.slice(from)) {
      for (const written of name === 'write' ? [0, size >>> 1, size] : [0]) {
        for (const fault of [{ kind: 'death', written } as const, { kind: 'error', code: 'ENOSPC' } as const]) {
          const files = await run((disk) => disk.failAt(call, fault));
          const after = await open(files.afterProcessDeath());
          expect(after.database.stats().replay.imageSeries).toBeGreaterThan(0);
          expect(await showDatabase(after.database)).toEqual(expected);
          const cut = await open(files.afterPowerCut(call));
          for (const line of await showDatabase(cut.database)) {
            expect(expected.some((whole) => whole.startsWith(line))).toBe(true);
          }
        }
      }
    }
  });
});

/** How many frames an image of these bytes has, the last one included. Throws what is wrong with it. */
function framesOf(bytes: Uint8Array): number {
  const files = new MemoryFiles();
  files.makeDirectorySync(ROOT);
  const file = files.openSync(IMAGE, 'w');
  file.writeSync(bytes, 0, bytes.length, 0);
  const frames = new FrameReader(file);
  const end = trailerOffset(file);
  expect(frames.read(end).kind).toBe(FRAME.trailer);
  let count = 1;
  for (let offset = 0; offset < end; count++) offset = frames.read(offset).end;
  return count;
}

async function open(files: MemoryFiles, chunkRangeMs = 7_200_000) {
  const clock = new ManualClock();
  const messages: string[] = [];
  const note = (message: string, fields?: object) => void messages.push(`${message} ${JSON.stringify(fields ?? {})}`);
  const log: Log = { ...silentLog, info: note, warn: note };
  const options = { directory: ROOT, fileSystem: files, clock, log, chunkRangeMs, maintenance: null, lock: false };
  const database = await openDatabase({ ...options, walSyncIntervalMs: 0 });
  return { database, clock, messages };
}

async function showExemplars(database: Database): Promise<string[]> {
  return (await showDatabase(database)).filter((line) => line.startsWith('exemplars'));
}

function loaded(files: MemoryFiles, minValidTime: number): LoadedHead {
  const steps = loadHead({
    fileSystem: files.afterProcessDeath(),
    directory: dataDirectory(ROOT),
    log: silentLog,
    chunkRangeMs: 7_200_000,
    minValidTime,
    exemplarsMax: 10,
    repairs: true,
    clock: new ManualClock(),
  });
  for (;;) {
    const step = steps.next();
    if (step.done === true) return step.value;
  }
}

function showHead(head: Head): Promise<string[]> {
  return showDatabase({ querier: (range) => head.querier(range), exemplars: () => [] });
}

/** A database with floats and histograms, some of them in files. */
async function prepared(series = 20) {
  const files = new MemoryFiles();
  const opened = await open(files);
  const next = new Map<number, number>();
  for (let i = 0; i < series; i++)
    fill(opened.database, i, i % 4 === 3 ? 'histogram' : 'float', 40 * (1 + (i % 5)), 1000, next);
  addExemplar(opened.database, 1, next);
  return { files, ...opened };
}

function fill(
  database: Database,
  series: number,
  kind: string,
  count: number,
  stride: number,
  next: Map<number, number>,
): void {
  const appender = database.appender();
  const ref = appender.resolve(labelsFromObject({ s: String(series), t: `ü${series % 3}` }));
  let time = next.get(series) ?? 0;
  const rows: [number, number, Value][] = [];
  const histograms = [];
  for (let i = 0; i < count; i++, time += stride) {
    if (kind === 'histogram') histograms.push({ ref, time, startTime: 0, histogram: histogramAt(time) });
    else
      rows.push([
        ref,
        time,
        kind === 'float' ? time % 997 : kind === 'stale' && i > 0 ? '7ff0000000000002' : bitsAt(time),
      ]);
  }
  appender.append({ ...batchOf(rows), histograms });
  appender.commit();
  next.set(series, time);
}

function addExemplar(database: Database, series: number, next: Map<number, number>): void {
  const appender = database.appender();
  const ref = appender.resolve(labelsFromObject({ s: String(series), t: `ü${series % 3}` }));
  const labels = labelsFromObject({ trace: 'é' });
  appender.append({ ...batchOf([]), exemplars: [{ ref, time: next.get(series) ?? 0, value: series, labels }] });
  appender.commit();
}

function bitsAt(time: number): string {
  const low = Math.imul(time + 1, 0x9e3779b1) >>> 0;
  return ((low ^ 0x3ff00000) >>> 1).toString(16).padStart(8, '0') + low.toString(16).padStart(8, '0');
}

function histogramAt(time: number): IntegerHistogram {
  const wide = time % 5000 === 0;
  return {
    kind: 'integer',
    counterResetHint: 'unknown',
    schema: 1,
    zeroThreshold: 0.001,
    zeroCount: time,
    count: time + (wide ? 4 : 3),
    sum: time / 3,
    positiveSpans: [{ offset: 0, length: wide ? 3 : 2 }],
    negativeSpans: [],
    positiveDeltas: wide ? [1, 1, -1] : [1, 1],
    negativeDeltas: [],
    customValues: [],
  };
}

/** Lets the chunks that wait be written. */
async function settle({ clock }: { clock: ManualClock }): Promise<void> {
  clock.advance(1000);
  for (let i = 0; i < 3; i++) await setImmediate();
}

/** A start with the image, and one without, show the same, and go on alike. */
async function expectSameWithout(files: MemoryFiles, imageSeries = 0): Promise<void> {
  const without = files.afterProcessDeath();
  without.removeSync(IMAGE);
  const a = await open(files);
  const b = await open(without);
  expect(a.database.stats().replay.imageSeries).toBeGreaterThanOrEqual(imageSeries);
  expect(await showDatabase(a.database)).toEqual(await showDatabase(b.database));
  expect(a.database.headBounds).toEqual(b.database.headBounds);
  expect(a.database.stats().head.series).toBe(b.database.stats().head.series);
  const next = new Map<number, number>();
  for (const { database } of [a, b]) {
    for (const kind of ['float', 'histogram', 'float']) {
      for (let series = 0; series < 6; series++) {
        next.set(series, 100_000_000 + series + (next.get(series) ?? 0));
        fill(database, series, kind, 20, 1000, next);
      }
    }
    next.clear();
  }
  expect(await showDatabase(a.database)).toEqual(await showDatabase(b.database));
  expect(a.database.stats().head.chunks).toBe(b.database.stats().head.chunks);
}

async function showAll(files: MemoryFiles): Promise<string[]> {
  return showDatabase((await open(files)).database);
}

function overwrite(files: MemoryFiles, path: string, at: number, value: number): void {
  const file = files.openSync(path, 'r+');
  file.writeSync(Uint8Array.of(value, value, value), 0, 3, at);
  file.closeSync();
}

function truncate(files: MemoryFiles, path: string, size: number): void {
  const file = files.openSync(path, 'r+');
  file.truncateSync(size);
  file.closeSync();
}
