import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { MemoryFiles } from '../../src/std/memory-files.ts';
import { createRandom } from '../../src/std/random.ts';
import type { WalCompression } from '../../src/tsdb/wal/compression.ts';
import { PAGE_SIZE } from '../../src/tsdb/wal/framing.ts';
import { DAMAGED, memoryDisk, openWriter, replay, samplesOf, seriesOf, WAL } from './wal-support.ts';

const SEGMENT = `${WAL}/00000000`;

interface LoggedRecord {
  readonly end: number;
  readonly text: string;
}

/** A log of one segment, and where each of its records ends. */
function logOf(records: readonly Uint8Array[], compression: WalCompression) {
  const disk = memoryDisk();
  const writer = openWriter(disk, { compression });
  const ends: number[] = [];
  for (const record of records) {
    writer.append([record]);
    ends.push(writer.offset);
  }
  const bytes = disk.readFileSync(SEGMENT);
  const texts = textsIn(disk);
  expect(texts.length).toBe(records.length);
  return { bytes, logged: ends.map((end, index): LoggedRecord => ({ end, text: texts[index]! })) };
}

function diskWith(bytes: Uint8Array, later?: Uint8Array): MemoryFiles {
  const disk = memoryDisk();
  disk.makeDirectorySync(WAL);
  for (const [path, content] of [[SEGMENT, bytes] as const, [`${WAL}/00000001`, later] as const]) {
    if (content === undefined) continue;
    const file = disk.openSync(path, 'wx');
    file.writeSync(content, 0, content.length, 0);
    file.closeSync();
  }
  return disk;
}

/** One text for each record of series or samples, in order; records here hold one entry each. */
function textsIn(disk: MemoryFiles): string[] {
  const texts: string[] = [];
  replayInto(disk, texts);
  return texts;
}

function replayInto(disk: MemoryFiles, texts: string[]) {
  const { seen, report } = replay(disk);
  const samples = seen.samplesSeen.map((sample) => sample.join(' '));
  const series = seen.seriesSeen.map(([ref, labels]) => `${ref} ${labels.pairs.join()}`);
  texts.push(...series, ...samples);
  return report;
}

function records(count: number, padding: number): Uint8Array[] {
  const random = createRandom(count);
  return Array.from({ length: count }, (_, i) => {
    const text = Array.from({ length: padding }, () => String.fromCharCode(33 + random.below(90))).join('');
    return seriesOf(i + 1, { __name__: 'm', number: String(i), text });
  });
}

describe('a log cut at every byte', () => {
  for (const compression of ['none', 'snappy', 'zstd'] as const) {
    it(`reads everything before the cut and writes on behind it (${compression})`, () => {
      const { bytes, logged } = logOf(records(8, 40), compression);
      for (let size = 0; size <= bytes.length; size++) {
        const disk = diskWith(bytes.slice(0, size));
        const expected = logged.filter((record) => record.end <= size).map((record) => record.text);
        const texts: string[] = [];
        const report = replayInto(disk, texts);
        expect(texts).toEqual(expected);
        expect(report.damages).toEqual([]);
        const end = logged.filter((record) => record.end <= size).at(-1)?.end ?? 0;
        expect(report.tornTail === null ? size : report.tornTail.offset).toBe(end);
        expect(disk.statSync(SEGMENT)?.size).toBe(end);
        openWriter(disk).append([samplesOf([[1, 2, 3]])]);
        expect(textsIn(disk).length).toBe(expected.length + 1);
        expect(replay(disk).report).toMatchObject({ damages: [], tornTail: null });
      }
    });
  }

  it('does so across pages', () => {
    const { bytes, logged } = logOf(records(5, 20_000), 'none');
    const near = (at: number) => [at - 8, at - 7, at - 1, at, at + 1, at + 6, at + 7, at + 8];
    const cuts = [PAGE_SIZE, 2 * PAGE_SIZE, ...logged.map((record) => record.end)].flatMap(near);
    for (const size of cuts.filter((cut) => cut <= bytes.length)) {
      const expected = logged.filter((record) => record.end <= size).map((record) => record.text);
      expect(textsIn(diskWith(bytes.slice(0, size)))).toEqual(expected);
    }
  });
});

describe('a log with a flipped byte', () => {
  function check(bytes: Uint8Array, logged: readonly LoggedRecord[], at: number, mask: number): void {
    const damaged = bytes.slice();
    damaged[at]! ^= mask;
    const texts: string[] = [];
    const report = replayInto(diskWith(damaged, bytes), texts);
    const good = logged.map((record) => record.text);
    const here = texts.slice(0, texts.length - good.length);
    // The next segment is read whole, whatever happened in this one.
    expect(texts.slice(here.length)).toEqual(good);
    const found = here.map((text) => good.indexOf(text));
    expect(found).not.toContain(-1);
    expect([...new Set(found)].sort((a, b) => a - b)).toEqual(found);
    const lost = good.length - found.length;
    if (lost > 0) expect(report.damages.length + report.entries.unknownRecords).toBeGreaterThan(0);
    // In one page the record behind the damaged one is found again, by its size. Where a whole record turned into the
    // beginning of one, the next is not trusted either.
    const ends = [0, ...logged.map((record) => record.end)];
    const isSize = ends.includes(at - 1) || ends.includes(at - 2);
    if (!isSize) expect(lost).toBeLessThanOrEqual(2);
  }

  for (const compression of ['none', 'snappy'] as const) {
    it(`never gives a wrong record and finds the next good one (${compression})`, () => {
      const { bytes, logged } = logOf(records(8, 40), compression);
      for (let at = 0; at < bytes.length; at++)
        for (const mask of [0x01, 0x08, 0x80, 0xff]) check(bytes, logged, at, mask);
      for (const record of [0, ...logged.map(({ end }) => end)]) {
        if (record < bytes.length) for (let mask = 1; mask < 256; mask++) check(bytes, logged, record, mask);
      }
    });
  }

  it('never gives a wrong record where records span pages', () => {
    const { bytes, logged } = logOf(records(4, 45_000), 'none');
    const good = logged.map((record) => record.text);
    const headers = [0, ...logged.map(({ end }) => end), ...[1, 2, 3, 4, 5].map((page) => page * PAGE_SIZE)];
    for (const header of headers) {
      for (let at = header; at < Math.min(header + 9, bytes.length); at++) {
        for (let mask = 1; mask < 256; mask = at === header && mask < 32 ? mask + 1 : mask * 2) {
          const damaged = bytes.slice();
          damaged[at]! ^= mask;
          const texts = textsIn(diskWith(damaged));
          expect(texts.filter((text) => !good.includes(text))).toEqual([]);
          expect(new Set(texts).size).toBe(texts.length);
          expect(texts.length).toBeGreaterThanOrEqual(good.length - 3);
        }
      }
    }
  });
});

describe('damage in the middle', () => {
  it('is set aside, reported with segment and offset, and reading resumes at the next good page', () => {
    const { bytes, logged } = logOf(records(40, 5000), 'none');
    const damaged = bytes.slice();
    // Two records in the second page, the size of the first among them: the rest of the page can not be told apart.
    damaged.fill(0xee, PAGE_SIZE + 6000, PAGE_SIZE + 9000);
    damaged.fill(0xee, PAGE_SIZE + 12_000, PAGE_SIZE + 16_000);
    const disk = diskWith(damaged);
    const texts: string[] = [];
    const report = replayInto(disk, texts);
    expect(report.tornTail).toBeNull();
    expect(report.damages.length).toBe(1);
    const [damage] = report.damages;
    expect(damage).toMatchObject({ path: SEGMENT, reason: expect.stringMatching(/checksum|fragment/) });
    expect(damage!.savedTo).toBe(`${DAMAGED}/00000000.${damage!.offset}`);
    const saved = disk.readFileSync(damage!.savedTo!);
    expect(saved).toEqual(damaged.slice(damage!.offset, damage!.offset + damage!.size));
    expect(damage!.offset).toBe(logged.find((record) => record.end > PAGE_SIZE + 6000 - 5000 - 7)?.end ?? 0);
    expect(damage!.offset + damage!.size).toBeLessThan(3 * PAGE_SIZE);
    expect(texts.length).toBe(
      logged.filter(({ end }) => end <= damage!.offset || end > damage!.offset + damage!.size).length,
    );
    // The next start finds nothing wrong and everything that was sound.
    const again: string[] = [];
    expect(replayInto(disk, again).damages).toEqual([]);
    expect(again).toEqual(texts);
    expect(disk.readDirectorySync(WAL).map(({ name }) => name)).toEqual(['00000000']);
  });

  it('of a record that verifies and makes no sense is taken out as well', () => {
    const disk = memoryDisk();
    const writer = openWriter(disk);
    writer.append([seriesOf(1, { a: '1' })]);
    writer.append([Uint8Array.of(2, 1, 2, 3)]);
    writer.append([seriesOf(2, { a: '2' })]);
    expect(replay(disk).report.damages).toMatchObject([{ reason: 'malformed samples' }]);
    const { seen, report } = replay(disk);
    expect(report.damages).toEqual([]);
    expect(seen.seriesSeen.map(([ref]) => ref)).toEqual([1, 2]);
  });

  it('leaves the old or the new segment when the rewriting dies at any call', () => {
    const { bytes, logged } = logOf(records(12, 4000), 'none');
    const damaged = bytes.slice();
    damaged[logged[2]!.end + 20]! ^= 1;
    const syncedDisk = (): MemoryFiles => {
      const disk = diskWith(damaged);
      const file = disk.openSync(SEGMENT, 'r+');
      file.syncSync();
      for (const directory of [WAL, 'data', '.']) disk.syncDirectorySync(directory);
      return disk;
    };
    const whole = syncedDisk();
    const before = whole.operations.length;
    const expected = textsIn(whole);
    expect(expected.length).toBe(11);
    for (let call = before + 1; call <= whole.operations.length; call++) {
      const disk = syncedDisk();
      disk.failAt(call, { kind: 'death', written: 1000 });
      try {
        textsIn(disk);
      } catch {}
      const where = `death at ${disk.operations[call - 1]?.name} ${disk.operations[call - 1]?.path}`;
      expect(textsIn(disk.afterProcessDeath()), where).toEqual(expected);
      for (let seed = 0; seed < 5; seed++) expect(textsIn(disk.afterPowerCut(seed)), where).toEqual(expected);
    }
  });

  it('that can not be written anew for want of room stays as it is, and its copy too', () => {
    const { bytes, logged } = logOf(records(12, 4000), 'none');
    const damaged = bytes.slice();
    damaged[logged[2]!.end + 20]! ^= 1;
    const disk = diskWith(damaged);
    disk.capacity = damaged.length + 8000;
    const texts = textsIn(disk);
    expect(texts.length).toBe(11);
    expect(disk.readFileSync(SEGMENT)).toEqual(damaged);
    expect(disk.readDirectorySync(WAL).length).toBe(1);
    expect(textsIn(disk)).toEqual(texts);
    expect(disk.readDirectorySync(DAMAGED).length).toBe(1);
  });

  it('is left on the disk as it is when the log is only read', () => {
    const { bytes } = logOf(records(4, 100), 'none');
    const disk = diskWith(bytes.slice(0, -3));
    const { report } = replay(disk, {});
    expect(report.tornTail).toMatchObject({ path: SEGMENT, savedTo: null });
    expect(disk.readFileSync(SEGMENT).length).toBe(bytes.length - 3);
    expect(disk.statSync(DAMAGED)).toBeNull();
  });

  it('does not stop a start when the copy can not be written', () => {
    const { bytes, logged } = logOf(records(4, 100), 'none');
    const damaged = bytes.slice();
    damaged[logged[0]!.end + 20]! ^= 1;
    const disk = diskWith(damaged);
    disk.capacity = 0;
    const { seen, report } = replay(disk);
    expect(report.damages).toMatchObject([{ savedTo: null }]);
    expect(seen.seriesSeen.length).toBe(3);
  });

  it('of any kind and amount neither stops nor misleads a replay', () => {
    const { bytes, logged } = logOf(records(30, 3000), 'snappy');
    const good = new Set(logged.map((record) => record.text));
    const patches = fc.array(fc.tuple(fc.nat(bytes.length - 1), fc.uint8Array({ minLength: 1, maxLength: 3000 })), {
      minLength: 1,
      maxLength: 4,
    });
    fc.assert(
      fc.property(patches, fc.nat(bytes.length), (places, size) => {
        const damaged = bytes.slice();
        for (const [at, patch] of places) damaged.set(patch.subarray(0, damaged.length - at), at);
        const texts = textsIn(diskWith(damaged.slice(0, Math.max(size, 40_000))));
        for (const text of texts) expect(good.has(text)).toBe(true);
      }),
      { numRuns: 60 },
    );
  });

  it('of pure garbage is read to the end', () => {
    const random = createRandom(1);
    const garbage = Uint8Array.from({ length: 5 * PAGE_SIZE + 77 }, () => random.below(256));
    const { seen, report } = replay(diskWith(garbage));
    expect(seen.seriesSeen.length + seen.samplesSeen.length).toBe(0);
    expect(report.tornTail).toMatchObject({ offset: 0, size: garbage.length, savedTo: `${DAMAGED}/00000000.0` });
  });
});

describe('a log with a checkpoint', () => {
  it('is read from the checkpoint on', () => {
    const disk = memoryDisk();
    const writer = openWriter(disk);
    for (let segment = 0; segment < 4; segment++) {
      writer.append([seriesOf(segment + 1, { segment: String(segment) })]);
      writer.cut();
    }
    const checkpoint = openWriter(disk, { directory: `${WAL}/checkpoint.00000001` });
    checkpoint.append([seriesOf(1, { segment: '0' }), seriesOf(2, { segment: '1' })]);
    openWriter(disk, { directory: `${WAL}/checkpoint.00000000` }).append([seriesOf(77, { stale: 'yes' })]);
    openWriter(disk, { directory: `${WAL}/checkpoint.00000003.tmp` }).append([seriesOf(78, { unfinished: 'yes' })]);
    disk.removeSync(`${WAL}/00000000`);
    const { seen, report } = replay(disk);
    expect(seen.seriesSeen.map(([ref]) => ref)).toEqual([1, 2, 3, 4]);
    expect(report).toMatchObject({ checkpoint: 1, firstSegment: 2, lastSegment: 4, missingSegments: 0 });
  });

  it('counts segments that are missing', () => {
    const disk = memoryDisk();
    const writer = openWriter(disk);
    for (let i = 0; i < 3; i++) {
      writer.append([seriesOf(i + 1, { i: String(i) })]);
      writer.cut();
    }
    disk.removeSync(`${WAL}/00000001`);
    const { seen, report } = replay(disk);
    expect(report.missingSegments).toBe(1);
    expect(seen.seriesSeen.map(([ref]) => ref)).toEqual([1, 3]);
    // An empty one takes the place: Prometheus refuses a log with a gap.
    expect(disk.statSync(`${WAL}/00000001`)?.size).toBe(0);
    expect(replay(disk).report.missingSegments).toBe(0);
  });

  it('is gone on with behind the checkpoint where no segment is left', () => {
    const disk = memoryDisk();
    openWriter(disk, { directory: `${WAL}/checkpoint.00000007` }).append([seriesOf(1, { a: '1' })]);
    const writer = openWriter(disk);
    expect(writer.segment).toBe(8);
    writer.append([seriesOf(2, { a: '2' })]);
    expect(replay(disk).seen.seriesSeen.map(([ref]) => ref)).toEqual([1, 2]);
  });

  it('with damage is written anew', () => {
    const disk = memoryDisk();
    const checkpoint = openWriter(disk, { directory: `${WAL}/checkpoint.00000007` });
    for (let ref = 1; ref <= 3; ref++) checkpoint.append([seriesOf(ref, { a: String(ref) })]);
    const file = disk.openSync(`${WAL}/checkpoint.00000007/00000000`, 'r+');
    file.writeSync(Uint8Array.of(0xff), 0, 1, 12);
    const { seen, report } = replay(disk);
    expect(report.damages.length).toBe(1);
    const again = replay(disk);
    expect(again.report.damages).toEqual([]);
    expect(again.seen.seriesSeen).toEqual(seen.seriesSeen);
  });
});
