import { describe, expect, it } from 'vitest';
import { MemoryFiles } from '../../src/std/memory-files.ts';
import { silentLog } from '../../src/telemetry/log.ts';
import { HeadChunkBatch } from '../../src/tsdb/chunks-head/head-chunk-batch.ts';
import { HeadChunkReader } from '../../src/tsdb/chunks-head/head-chunk-reader.ts';
import { HeadChunkSlots } from '../../src/tsdb/chunks-head/head-chunk-slots.ts';
import { type HeadChunkFile, HeadChunkWriter } from '../../src/tsdb/chunks-head/head-chunk-writer.ts';
import { type HeadChunk, listHeadChunks } from '../../src/tsdb/chunks-head/list-head-chunks.ts';
import { openHeadChunks } from '../../src/tsdb/chunks-head/open-head-chunks.ts';
import type { DamagedFile } from '../../src/tsdb/damaged-file.ts';
import { headChunkFile, put } from './block-support.ts';

const DIRECTORY = '/c';

describe('listHeadChunks()', () => {
  const whole = headChunkFile([
    {
      series: 1,
      isOutOfOrder: false,
      samples: [
        [100, 1],
        [200, 2],
      ],
    },
    { series: 2, isOutOfOrder: true, samples: [[110, 50]] },
  ]);
  const all = list(whole).chunks;

  /** Padding of the header is not covered. A file may end with zeros (as a chunk begins) before or between chunks. */
  const isSound = (length: number, at: number): boolean => {
    const ends = [8, all[1]!.offset];
    return length === whole.length ? at >= 5 && at < 8 : ends.some((end) => length >= end && length < end + 8);
  };

  it('finds the chunks that were written', () => {
    expect(all).toMatchObject([
      { series: 1, firstTime: 100, lastTime: 200, encoding: 1, count: 2, isOutOfOrder: false, offset: 8 },
      { series: 2, firstTime: 110, lastTime: 110, encoding: 1, count: 1, isOutOfOrder: true },
    ]);
  });

  it('ends at any byte that is flipped or missing, and tells where', () => {
    for (let at = 0; at < whole.length - 100; at++) {
      const flipped = whole.slice();
      flipped[at]! ^= 0xff;
      for (const bytes of [flipped, whole.slice(0, at)]) {
        const found = list(bytes);
        expect(all.slice(0, found.chunks.length)).toEqual(found.chunks);
        if (found.damage === null) expect(isSound(bytes.length, at)).toBe(true);
        else expect(found.damage.message).toMatch(/^Cannot read \/c\/000001 at offset \d+: ./);
      }
    }
  });

  function list(bytes: Uint8Array): { chunks: HeadChunk[]; damage: DamagedFile | null } {
    const files = new MemoryFiles();
    put(files, '/000001', bytes);
    files.makeDirectorySync(DIRECTORY);
    files.renameSync('/000001', '/c/000001');
    const chunks: HeadChunk[] = [];
    const steps = listHeadChunks(files.openSync('/c/000001', 'r'), 1, (chunk) => chunks.push({ ...chunk }));
    for (;;) {
      const step = steps.next();
      if (step.done === true) return { chunks, damage: step.value.damage };
    }
  }
});

describe('HeadChunkWriter', () => {
  it('writes what the reader and the next start find, chunks larger than a page among it', async () => {
    const { files, reader, writer } = setUp();
    const late = { isOutOfOrder: true };
    const chunks = [chunk(1, 10), chunk(2, 300), { ...chunk(3, 40_000), ...late }, { ...chunk(1, 5000), ...late }];
    const places = [await writer.write(batchOf(chunks.slice(0, 2))), await writer.write(batchOf(chunks.slice(2)))];
    expect(places.map(({ fileNumber }) => fileNumber)).toEqual([1, 2]);
    expect(places[0]!.offset).toBe(8);
    await writer.close();
    const found = reopen(files);
    expect(found.damage).toBeNull();
    const all = [...found.chunks, ...found.outOfOrder];
    expect(
      all.map(({ count, encoding, firstTime, isOutOfOrder, lastTime, series }) => ({
        count,
        encoding,
        firstTime,
        isOutOfOrder,
        lastTime,
        series,
      })),
    ).toEqual(chunks.map(({ bytes, ...header }) => ({ ...header, count: (bytes[0]! << 8) | bytes[1]! })));
    for (const [i, { length, offset, slot }] of all.entries()) {
      expect(found.reader.chunk(slot, offset, length)).toEqual(chunks[i]!.bytes);
      expect(reader.chunk(places[i < 2 ? 0 : 1]!.slot, offset, length)).toEqual(chunks[i]!.bytes);
    }
  });

  it('begins a file where the next batch would be too much, and after each start', async () => {
    const { files, writer } = setUp({ fileBytesMax: 2000 });
    for (let i = 0; i < 5; i++) await writer.write(batchOf([chunk(1, 900, i)]));
    await writer.close();
    expect(names(files)).toEqual(['000001', '000002', '000003']);
    const again = reopen(files);
    const next = setUp({ files, slots: again.slots, known: again.files });
    await next.writer.write(batchOf([chunk(1, 10, 9)]));
    await next.writer.close();
    expect(names(files)).toEqual(['000001', '000002', '000003', '000004']);
    expect(reopen(files).chunks).toHaveLength(6);
  });

  it('leaves nothing of a write that failed, whatever failed', async () => {
    for (const fault of [
      { kind: 'error', code: 'ENOSPC' },
      { kind: 'short', written: 100 },
    ] as const) {
      for (let call = 1; call < 14; call++) {
        const { files, reader, writer } = setUp({ fileBytesMax: 1500 });
        const failing = files.operations.length + call;
        files.failAt(failing, fault);
        const written: { at: Awaited<ReturnType<HeadChunkWriter['write']>>; bytes: Uint8Array }[] = [];
        for (let i = 0; i < 4; i++) {
          const { bytes, ...header } = chunk(1, 600, i);
          try {
            written.push({ at: await writer.write(batchOf([{ bytes, ...header }])), bytes });
          } catch (error) {
            expect(error).toMatchObject({ code: 'ENOSPC' });
            i--;
          }
        }
        for (const { at, bytes } of written) expect(reader.chunk(at.slot, at.offset, bytes.length)).toEqual(bytes);
        await writer.close().catch(() => {});
        const found = reopen(files.afterProcessDeath());
        expect(found.damage).toBeNull();
        expect(found.chunks.map(({ firstTime }) => firstTime)).toEqual([0, 1, 2, 3].map((i) => 1000 * i));
      }
    }
  });

  it('removes the oldest files that hold nothing newer, when nobody reads them, and never leaves a gap', async () => {
    const retired: number[] = [];
    const { files, slots, reader, writer } = setUp({ fileBytesMax: 1500, retire: (slot) => retired.push(slot) });
    const places = [];
    for (let i = 0; i < 6; i++) {
      const entry = { ...chunk(1, 900, i) };
      places.push({ ...(await writer.write(batchOf([entry]))), bytes: entry.bytes });
    }
    writer.removeBefore(1999, Number.POSITIVE_INFINITY);
    expect(retired).toEqual([places[0]!.slot]);
    writer.removeBefore(3000, Number.POSITIVE_INFINITY);
    expect(retired).toEqual(places.slice(0, 3).map(({ slot }) => slot));
    for (const { slot, offset, bytes } of places) expect(reader.chunk(slot, offset, bytes.length)).toEqual(bytes);
    writer.release(retired[1]!);
    await settled();
    expect(names(files)).toHaveLength(6);
    writer.release(retired[0]!);
    await settled();
    expect(names(files)).toEqual(['000003', '000004', '000005', '000006']);
    expect(slots.fileNumber(retired[0]!)).toBe(0);
    writer.removeBefore(Number.POSITIVE_INFINITY, Number.POSITIVE_INFINITY);
    // The newest one leaves when another has begun.
    expect(retired).toHaveLength(5);
    await writer.write(batchOf([chunk(1, 900, 9)]));
    writer.removeBefore(9000, Number.POSITIVE_INFINITY);
    expect(retired).toHaveLength(6);
    for (const slot of retired.slice(2)) writer.release(slot);
    await settled();
    expect(names(files)).toEqual(['000007']);
  });

  it('has files of their own for chunks out of order, which are emptied or removed when nobody reads them', async () => {
    const retired: number[] = [];
    const { files, slots, reader, writer } = setUp({ retire: (slot) => retired.push(slot) });
    const late = { ...chunk(2, 900, 0), isOutOfOrder: true };
    const places = [];
    for (const entry of [chunk(1, 900, 0), late, chunk(1, 900, 1), late])
      places.push(await writer.write(batchOf([entry])));
    expect(places.map(({ fileNumber }) => fileNumber)).toEqual([1, 2, 1, 2]);
    // What is still wanted stays.
    writer.removeBefore(9000, 0);
    expect(retired).toEqual([]);
    writer.retireLate();
    expect(retired).toEqual([places[1]!.slot]);
    await writer.write(batchOf([late]));
    await writer.write(batchOf([chunk(1, 900, 2)]));
    expect(names(files)).toEqual(['000001', '000002', '000003', '000004']);
    expect(reader.chunk(places[3]!.slot, places[3]!.offset, 900)).toEqual(late.bytes);
    expect(writer.hasRetiredLate).toBe(true);
    const wanted = () => reopen(files.afterProcessDeath()).outOfOrder.length;
    expect(wanted()).toBe(3);
    writer.release(retired[0]!);
    await settled();
    expect(wanted()).toBe(1);
    expect(files.statSync('/c/000002')!.size).toBe(8);
    expect(slots.fileNumber(retired[0]!)).toBe(0);
    expect(writer.hasRetiredLate).toBe(false);
    // The first has a chunk that ends at 1999.
    writer.removeBefore(1999, 0);
    expect(retired).toHaveLength(1);
    writer.removeBefore(2000, 0);
    expect(retired).toHaveLength(2);
    writer.release(retired[1]!);
    await settled();
    expect(names(files)).toEqual(['000003', '000004']);
  });

  it('never leaves a file without a header behind another one', async () => {
    for (let call = 1; call < 16; call++) {
      const { files, writer } = setUp();
      files.failAt(files.operations.length + call, { kind: 'error', code: 'ENOSPC' });
      for (let i = 0; i < 4; i++) {
        const entry = { ...chunk(1, 60, i), isOutOfOrder: i % 2 === 1 };
        await writer.write(batchOf([entry])).catch((error: unknown) => expect(error).toMatchObject({ code: 'ENOSPC' }));
        const disk = files.afterProcessDeath();
        if (disk.statSync(DIRECTORY) === null) continue;
        for (const name of names(disk).slice(0, -1)) {
          expect(disk.statSync(`/c/${name}`)!.size).toBeGreaterThanOrEqual(8);
        }
      }
    }
  });

  it('goes on removing where a file could not be removed before', async () => {
    const { files, slots, writer } = setUp({ fileBytesMax: 1000, retire: (slot) => writer.release(slot) });
    for (let i = 0; i < 4; i++) await writer.write(batchOf([chunk(1, 900, i)]));
    files.failAt(files.operations.length + 1, { kind: 'error', code: 'EIO' });
    writer.removeBefore(1000, Number.POSITIVE_INFINITY);
    await settled();
    expect(names(files)).toHaveLength(4);
    writer.removeBefore(2000, Number.POSITIVE_INFINITY);
    await settled();
    expect(names(files)).toEqual(['000003', '000004']);
    expect([1, 2, 3, 4].map((slot) => slots.fileNumber(slot))).toEqual([0, 0, 3, 4]);
  });
});

describe('openHeadChunks()', () => {
  it('cuts what a crash left off the newest file, once a copy is made', async () => {
    const { files, writer } = setUp();
    await writer.write(batchOf([chunk(1, 50, 0), chunk(1, 50, 1)]));
    await writer.close();
    const whole = files.readFileSync('/c/000001');
    for (let size = 0; size < whole.length; size++) {
      put(files, '/c/000001', whole.slice(0, size));
      const found = reopen(files, '/damaged');
      const second = reopen(files, '/damaged');
      expect(second.damage).toBeNull();
      expect(second.chunks).toEqual(found.chunks);
      expect(second.files.length).toBe(size < 8 ? 0 : 1);
    }
    expect(names(files, '/damaged')).toContain(`chunks_head.000001.8`);
  });

  it('cuts what a crash left off both files that were being written', async () => {
    const { files, writer } = setUp();
    const late = { ...chunk(2, 50, 0), isOutOfOrder: true };
    for (const entry of [chunk(1, 50, 0), late, chunk(1, 50, 1), late]) await writer.write(batchOf([entry]));
    await writer.close();
    for (const name of ['/c/000001', '/c/000002']) put(files, name, files.readFileSync(name).slice(0, -10));
    const found = reopen(files, '/damaged');
    expect([found.chunks.length, found.outOfOrder.length]).toEqual([1, 1]);
    const again = reopen(files, '/damaged');
    expect(again.damage).toBeNull();
    expect(again.chunks).toEqual(found.chunks);
  });

  it('takes chunks out of order from behind damage, those in order only from before', async () => {
    const { files, writer } = setUp({ fileBytesMax: 500 });
    for (let i = 0; i < 3; i++) {
      await writer.write(batchOf([chunk(1, 400, i)]));
      await writer.write(batchOf([{ ...chunk(2, 400, i), isOutOfOrder: true }]));
    }
    await writer.close();
    const bytes = files.readFileSync('/c/000003');
    bytes[20]! ^= 1;
    put(files, '/c/000003', bytes);
    const found = reopen(files, '/damaged');
    expect(found.damage?.message).toBe('Cannot read /c/000003 at offset 8: the checksum of a chunk differs');
    expect(found.chunks.map(({ firstTime }) => firstTime)).toEqual([0]);
    expect(found.outOfOrder.map(({ firstTime }) => firstTime)).toEqual([0, 1000, 2000]);
    expect(found.files.map(({ number }) => number)).toEqual([1, 2, 3, 4, 5, 6]);
  });
});

interface Entry {
  readonly series: number;
  readonly firstTime: number;
  readonly lastTime: number;
  readonly encoding: number;
  readonly isOutOfOrder: boolean;
  readonly bytes: Uint8Array;
}

/** A chunk of at least two bytes that no decoder looks at. */
function chunk(series: number, length: number, second = 0): Entry {
  const bytes = Uint8Array.from({ length }, (_, i) => (i * 7 + series + second) & 0xff);
  return { series, firstTime: 1000 * second, lastTime: 1000 * second + 999, encoding: 1, isOutOfOrder: false, bytes };
}

function batchOf(entries: readonly Entry[]): HeadChunkBatch {
  const batch = new HeadChunkBatch(16);
  for (const { bytes, ...header } of entries) batch.add(header, bytes, 0, bytes.length);
  return batch;
}

function setUp(
  options: {
    files?: MemoryFiles;
    slots?: HeadChunkSlots;
    known?: readonly HeadChunkFile[];
    fileBytesMax?: number;
    retire?: (slot: number) => void;
  } = {},
) {
  const files = options.files ?? new MemoryFiles();
  const slots = options.slots ?? new HeadChunkSlots();
  const writer = new HeadChunkWriter({
    fileSystem: files,
    directory: DIRECTORY,
    slots,
    log: silentLog,
    files: options.known ?? [],
    retire: options.retire ?? (() => {}),
    ...(options.fileBytesMax === undefined ? {} : { fileBytesMax: options.fileBytesMax }),
  });
  return { files, slots, writer, reader: new HeadChunkReader({ fileSystem: files, directory: DIRECTORY }, slots) };
}

function reopen(files: MemoryFiles, damagedDirectory: string | null = null) {
  const slots = new HeadChunkSlots();
  const reader = new HeadChunkReader({ fileSystem: files, directory: DIRECTORY }, slots);
  const chunks: HeadChunk[] = [];
  const visit = (chunk: HeadChunk) => chunks.push({ ...chunk });
  const outOfOrder: HeadChunk[] = [];
  const visitLate = (chunk: HeadChunk) => outOfOrder.push({ ...chunk });
  const options = {
    fileSystem: files,
    directory: DIRECTORY,
    slots,
    reader,
    log: silentLog,
    damagedDirectory,
    visit,
    visitLate,
    known: new Map(),
  };
  const steps = openHeadChunks(options);
  for (;;) {
    const step = steps.next();
    if (step.done === true) return { ...step.value, chunks, outOfOrder, reader, slots };
  }
}

function names(files: MemoryFiles, directory = DIRECTORY): string[] {
  return files.readDirectorySync(directory).map(({ name }) => name);
}

/** Lets what was begun beside the event loop end. */
async function settled(): Promise<void> {
  for (let i = 0; i < 20; i++) await Promise.resolve();
}
