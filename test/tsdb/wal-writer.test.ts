import { describe, expect, it } from 'vitest';
import { ManualClock } from '../../src/std/manual-clock.ts';
import { runInTurns } from '../../src/std/turns.ts';
import { PAGE_SIZE } from '../../src/tsdb/wal/framing.ts';
import { recordBytes } from '../../src/tsdb/wal/records.ts';
import { bitsOf, memoryDisk, openWriter, replay, samplesOf, seriesOf, WAL } from './wal-support.ts';

const row = (ref: number) => samplesOf([[ref, 1000, ref]]);
const big = (ref: number) => seriesOf(ref, { text: 'x'.repeat(PAGE_SIZE), ref: String(ref) });

/** Lets promises that wait for nothing but each other run. */
async function settle(): Promise<void> {
  for (let i = 0; i < 20; i++) await Promise.resolve();
}

function countOf(disk: ReturnType<typeof memoryDisk>, name: string): number {
  return disk.operations.filter((operation) => operation.name === name).length;
}

describe('WalWriter', () => {
  it('writes one commit with one write', () => {
    const disk = memoryDisk();
    const writer = openWriter(disk);
    writer.append([seriesOf(1, { a: 'b' }), row(1), row(2), big(3)]);
    expect(countOf(disk, 'write')).toBe(1);
    expect(writer.counters).toMatchObject({ batches: 1, records: 4, bytes: writer.offset });
    writer.append([]);
    expect(countOf(disk, 'write')).toBe(1);
  });

  it.each(['snappy', 'zstd', 'none'] as const)(
    'takes large records that were prepared in steps, wherever it stands by then (%s)',
    (compression) => {
      const disk = memoryDisk();
      const writer = openWriter(disk, { compression });
      const count = 40_000;
      const values = Float64Array.from({ length: count }, (_, i) => i / 8);
      const columns = {
        refs: Float64Array.from({ length: count }, (_, i) => 10 + i),
        times: new Float64Array(count).fill(5000),
        bits: new Uint32Array(values.buffer),
        indexes: Uint32Array.from({ length: count }, (_, i) => i),
        from: 0,
        to: count,
      };
      const preparing = writer.prepare([columns, row(2), recordBytes(columns)]);
      let step = preparing.next();
      let steps = 1;
      for (; step.done !== true; steps++) {
        // Something else is written meanwhile.
        writer.append([seriesOf(steps, { some: 'x'.repeat(1000 * steps) })]);
        step = preparing.next();
      }
      expect(steps).toBeGreaterThan(compression === 'snappy' ? 5 : 3);
      const written = writer.counters.records;
      writer.append([seriesOf(1000, { a: 'b' })], undefined, step.value);
      expect(writer.counters.records).toBe(written + 4);
      const { size } = disk.statSync(`${WAL}/00000000`)!;
      expect(writer.offset).toBe(size);
      expect(writer.counters.bytes).toBe(size);
      writer.append([row(1)]);
      const { samplesSeen, seriesSeen } = replay(disk).seen;
      expect(seriesSeen).toHaveLength(steps);
      expect(samplesSeen).toHaveLength(2 * count + 2);
      const expected = Array.from({ length: count }, (_, i) => [10 + i, 5000, bitsOf(i / 8), null]);
      expect(samplesSeen.slice(0, count)).toEqual(expected);
      expect(samplesSeen.slice(count + 1, -1)).toEqual(expected);
    },
  );

  it('leaves nothing of a commit of which any write fails', () => {
    const values = Float64Array.from({ length: 40_000 }, (_, i) => i / 8);
    const columns = {
      refs: values.map((_, i) => 10 + i),
      times: values.map(() => 5000),
      bits: new Uint32Array(values.buffer),
      indexes: Uint32Array.from(values, (_, i) => i),
      from: 0,
      to: values.length,
    };
    for (const [failing, kind] of [1, 2].flatMap(
      (write) =>
        [
          [write, 'error'],
          [write, 'short'],
        ] as const,
    )) {
      const disk = memoryDisk();
      const writer = openWriter(disk);
      writer.append([row(1)]);
      const prepared = runInTurns(writer.prepare([columns]), null);
      disk.failAt(
        disk.operations.length + failing,
        kind === 'error' ? { kind, code: 'ENOSPC' } : { kind, written: 100 },
      );
      expect(() => writer.append([seriesOf(1, { a: 'b' })], undefined, prepared)).toThrow();
      writer.append([row(2)]);
      const { report, seen } = replay(disk);
      expect(seen.samplesSeen.map(([ref]) => ref)).toEqual([1, 2]);
      expect(seen.seriesSeen).toEqual([]);
      expect(report).toMatchObject({ damages: [], tornTail: null });
    }
  });

  it('syncs in the background one interval after the first write, and not while nothing is written', async () => {
    const disk = memoryDisk();
    const clock = new ManualClock();
    const writer = openWriter(disk, { clock, syncIntervalMs: 100 });
    clock.advance(1000);
    expect(countOf(disk, 'sync')).toBe(0);
    for (let i = 0; i < 5; i++) {
      writer.append([row(1)]);
      clock.advance(20);
      await settle();
    }
    expect(countOf(disk, 'sync')).toBe(1);
    clock.advance(1000);
    await settle();
    expect(countOf(disk, 'sync')).toBe(1);
    expect(clock.pending).toBe(0);
    writer.append([row(1)]);
    clock.advance(100);
    await settle();
    expect(countOf(disk, 'sync')).toBe(2);
  });

  it('joins syncs that are asked for while one runs', async () => {
    const disk = memoryDisk();
    const writer = openWriter(disk);
    writer.append([row(1)]);
    const first = writer.sync();
    writer.append([row(2)]);
    await Promise.all([first, writer.sync(), writer.sync(), writer.sync()]);
    expect(countOf(disk, 'sync')).toBe(2);
  });

  it('begins a new segment rather than split a commit, and gives a larger commit a larger segment', () => {
    const disk = memoryDisk();
    const writer = openWriter(disk, { segmentSize: 4 * PAGE_SIZE, compression: 'none' });
    writer.append([big(1), big(2)]);
    expect(writer.segment).toBe(0);
    writer.append([big(3), big(4), big(5)]);
    expect(writer.segment).toBe(1);
    writer.append([1, 2, 3, 4, 5, 6, 7].map(big));
    expect(writer.segment).toBe(2);
    expect(writer.offset).toBeGreaterThan(7 * PAGE_SIZE);
    writer.append([row(1)]);
    expect(writer.segment).toBe(3);
    for (const name of ['00000000', '00000001', '00000002']) {
      expect(disk.statSync(`${WAL}/${name}`)!.size % PAGE_SIZE).toBe(0);
    }
    expect(replay(disk).report).toMatchObject({ damages: [], tornTail: null });
  });

  it('cuts on request, once for nothing new', () => {
    const disk = memoryDisk();
    const writer = openWriter(disk);
    expect(writer.cut()).toBe(0);
    writer.append([row(1)]);
    expect(writer.cut()).toBe(1);
    expect(writer.cut()).toBe(1);
  });

  it('closes synced segments and leaves no file open', async () => {
    const disk = memoryDisk();
    const writer = openWriter(disk);
    writer.append([row(1)]);
    writer.cut();
    writer.append([row(2)]);
    await writer.close();
    await writer.close();
    expect(disk.operations.filter(({ name }) => name === 'sync').map(({ path }) => path)).toEqual([
      `${WAL}/00000000`,
      `${WAL}/00000001`,
    ]);
    expect(disk.statSync(`${WAL}/00000001`)!.size).toBe(PAGE_SIZE);
    expect(() => writer.append([row(3)])).toThrow('the log is closed');
  });

  it('goes on in a new segment after a failed sync and tells of it', async () => {
    const disk = memoryDisk();
    const clock = new ManualClock();
    const errors: string[] = [];
    const log = { debug() {}, info() {}, warn() {}, error: (text: string) => errors.push(text), with: () => log };
    const writer = openWriter(disk, { clock, syncIntervalMs: 50, log });
    writer.append([row(1)]);
    // The first sync covers the directory, then the segment.
    disk.failAt(disk.operations.length + 2, { kind: 'error', code: 'EIO' });
    clock.advance(50);
    await settle();
    expect(errors).toEqual(['Cannot sync the log']);
    expect(writer.counters).toMatchObject({ failedSyncs: 1, syncs: 0 });
    writer.append([row(2)]);
    expect(writer.segment).toBe(1);
    clock.advance(50);
    await settle();
    expect(writer.counters).toMatchObject({ failedSyncs: 1, syncs: 2 });
    expect(replay(disk.afterPowerCut(1)).seen.samplesSeen.length).toBe(2);
  });

  it('refuses commits when too many segments wait for a sync that always fails', async () => {
    const disk = memoryDisk();
    const writer = openWriter(disk, { segmentSize: PAGE_SIZE, compression: 'none' });
    let appended = 0;
    const append = () => {
      for (; appended < 1000; appended++) writer.append([big(appended)]);
    };
    expect(append).toThrow('64 older segments still wait for a sync');
    expect(appended).toBe(65);
    await writer.sync();
    writer.append([big(appended)]);
    expect(replay(disk).report).toMatchObject({ damages: [], tornTail: null, records: 66 });
  });

  it('begins after the last segment of an older log and uses an empty one again', () => {
    const disk = memoryDisk();
    openWriter(disk).append([row(1)]);
    openWriter(disk);
    openWriter(disk);
    const writer = openWriter(disk);
    expect(writer.segment).toBe(1);
    writer.append([row(2)]);
    expect(replay(disk).seen.samplesSeen.length).toBe(2);
  });
});
