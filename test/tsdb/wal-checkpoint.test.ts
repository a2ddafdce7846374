import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { labelsFromObject } from '../../src/model/labels.ts';
import type { ExemplarEntry } from '../../src/storage/append.ts';
import { planCheckpoint, removeCheckpointed, writeCheckpoint } from '../../src/tsdb/wal/checkpoint.ts';
import { PAGE_SIZE } from '../../src/tsdb/wal/framing.ts';
import type { MetadataEntry, TombstoneEntry } from '../../src/tsdb/wal/record-types.ts';
import { exemplarsRecord, histogramRecords, metadataRecord, tombstonesRecord } from '../../src/tsdb/wal/records.ts';
import { RefSet } from '../../src/tsdb/wal/ref-set.ts';
import { type SegmentParts, WrittenParts } from '../../src/tsdb/wal/segment-parts.ts';
import { lastCheckpoint, listSegments } from '../../src/tsdb/wal/segments.ts';
import type { WalWriter } from '../../src/tsdb/wal/writer.ts';
import { histogramFrom, plainHistograms } from './histogram-support.ts';
import { bitsOf, Collector, DAMAGED, memoryDisk, openWriter, replay, samplesOf, seriesOf, WAL } from './wal-support.ts';

function refSet(refs: Iterable<number>): RefSet {
  const set = new RefSet();
  for (const ref of refs) set.add(ref);
  // As another thread gets it.
  return new RefSet(structuredClone(set.data));
}

function checkpoint(
  disk: ReturnType<typeof memoryDisk>,
  segment: number,
  minTime: number,
  refs: RefSet,
  parts: readonly SegmentParts[] = [],
) {
  return writeCheckpoint({
    parts,
    fileSystem: disk,
    directory: WAL,
    segment,
    rules: { minTime, refs },
    compression: 'snappy',
    segmentSize: 2 * PAGE_SIZE,
    damagedDirectory: DAMAGED,
  });
}

describe('RefSet', () => {
  it('has what was added', () => {
    fc.assert(
      fc.property(fc.array(fc.nat(5_000_000), { maxLength: 200 }), fc.array(fc.nat(5_000_000)), (added, others) => {
        const set = refSet(added);
        for (const ref of added) expect(set.has(ref)).toBe(true);
        for (const ref of others) expect(set.has(ref)).toBe(added.includes(ref));
      }),
    );
  });
});

describe('writeCheckpoint()', () => {
  it('keeps exactly what the rules say, over several checkpoints', async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.array(fc.array(entry, { minLength: 1, maxLength: 12 }), { minLength: 2, maxLength: 6 }),
        fc.array(fc.nat(9), { maxLength: 10 }),
        fc.integer({ min: 0, max: 120 }),
        fc.boolean(),
        fc.integer({ min: 1, max: 10_000 }),
        async (segments, kept, minTime, tellsTimes, partBytes) => {
          const disk = memoryDisk();
          const writer = openWriter(disk, { compression: 'snappy' });
          const parts = new WrittenParts(partBytes);
          const expected = new Collector();
          const metadata = new Map<number, MetadataEntry>();
          const refs = refSet(kept);
          const last = segments.length - 2;
          for (const [number, entries] of segments.entries()) {
            const isIn = number <= last;
            for (const one of entries) {
              write(writer, one, tellsTimes ? parts : null);
              if (!isIn) show(expected, one);
              else showKept(expected, metadata, one, minTime, kept);
            }
            if (number < segments.length - 1) writer.cut();
          }
          // The second checkpoint takes in the first.
          if (last >= 1) {
            checkpoint(disk, last - 1, minTime / 2, refs, structuredClone(parts.upTo(last - 1)));
            await removeCheckpointed(disk, WAL);
          }
          checkpoint(disk, last, minTime, refs, structuredClone(parts.upTo(last)));
          await removeCheckpointed(disk, WAL);
          const { report, seen } = replay(disk);
          expect(report).toMatchObject({ checkpoint: last, damages: [], missingSegments: 0 });
          expect(listSegments(disk, WAL)).toEqual([last + 1]);
          expect(disk.readDirectorySync(WAL).map(({ name }) => name)).toEqual([
            `0000000${last + 1}`,
            `checkpoint.0000000${last}`,
          ]);
          const metadataOf = ({ metadataSeen }: Collector) => metadataSeen.map((e) => JSON.stringify(e)).sort();
          expected.metadataSeen.push(...metadata.values());
          expect(metadataOf(seen)).toEqual(metadataOf(expected));
          const rest = (collector: Collector) => ({ ...collector, metadataSeen: [] });
          expect(rest(seen)).toEqual(rest(expected));
          await writer.close();
        },
      ),
      { numRuns: 100 },
    );
  });

  it('copies damaged bytes aside and keeps the rest', async () => {
    const disk = memoryDisk();
    const writer = openWriter(disk, { compression: 'none' });
    for (let i = 1; i <= 3; i++) writer.append([samplesOf([[i, 1000 + i, i]])]);
    writer.cut();
    writer.append([samplesOf([[4, 1004, 4]])]);
    const file = disk.openSync(`${WAL}/00000000`, 'r+');
    const bytes = disk.readFileSync(`${WAL}/00000000`);
    const at = Buffer.from(bytes).indexOf(Buffer.from(bitsOf(2), 'hex'));
    file.writeSync(Uint8Array.of(0xff), 0, 1, at);
    file.closeSync();
    checkpoint(disk, 0, 0, new RefSet());
    await removeCheckpointed(disk, WAL);
    expect(replay(disk).seen.samplesSeen.map(([ref]) => ref)).toEqual([1, 3, 4]);
    expect(disk.readDirectorySync(DAMAGED)).toHaveLength(1);
    await writer.close();
  });

  it('removes what an earlier attempt left', () => {
    const disk = memoryDisk();
    const writer = openWriter(disk);
    writer.append([seriesOf(1, { a: 'b' })]);
    writer.cut();
    disk.makeDirectorySync(`${WAL}/checkpoint.00000007.tmp`);
    checkpoint(disk, 0, 0, refSet([1]));
    expect(disk.readDirectorySync(WAL).map(({ name }) => name)).not.toContain('checkpoint.00000007.tmp');
    expect(lastCheckpoint(disk, WAL)?.segment).toBe(0);
  });

  it('leaves the log as it was where it fails or is stopped', () => {
    const disk = memoryDisk();
    const writer = openWriter(disk);
    for (let i = 0; i < 3; i++) {
      writer.append([seriesOf(i + 1, { a: String(i) })]);
      writer.cut();
    }
    const before = replay(disk).seen;
    const whole = disk.afterProcessDeath();
    checkpoint(whole, 1, 0, refSet([1, 2, 3]));
    expect(whole.operations.length).toBeGreaterThan(15);
    for (const { call } of whole.operations) {
      const copy = disk.afterProcessDeath();
      copy.failAt(call, { kind: 'error', code: 'ENOSPC' });
      try {
        checkpoint(copy, 1, 0, refSet([1, 2, 3]));
      } catch {
        // The call that fails may be one that only tidies up.
      }
      expect(replay(copy).seen).toEqual(before);
    }
  });
});

describe('planCheckpoint()', () => {
  it('takes the older two thirds of the segments that are complete, at least two', () => {
    const disk = memoryDisk();
    const writer = openWriter(disk);
    const plans: (number | null)[] = [];
    for (let segment = 0; segment < 8; segment++) {
      plans.push(planCheckpoint(disk, WAL, writer.segment)?.last ?? null);
      writer.append([seriesOf(1, { a: 'b' })]);
      writer.cut();
    }
    expect(plans).toEqual([null, null, null, 1, 2, 2, 3, 4]);
  });
});

type Entry =
  | { kind: 'series'; ref: number }
  | { kind: 'samples'; rows: readonly (readonly [number, number, number])[] }
  | { kind: 'histograms'; rows: readonly (readonly [number, number])[]; plain: Parameters<typeof histogramFrom>[0] }
  | { kind: 'exemplars'; rows: readonly (readonly [number, number])[] }
  | { kind: 'tombstones'; rows: readonly (readonly [number, number])[] }
  | { kind: 'metadata'; ref: number; unit: string };

const ref = fc.integer({ min: 1, max: 9 });
const time = fc.integer({ min: 0, max: 100 });
const rows = fc.array(fc.tuple(ref, time), { minLength: 1, maxLength: 6 });
const entry: fc.Arbitrary<Entry> = fc.oneof(
  fc.record({ kind: fc.constant('series' as const), ref }),
  fc.record({
    kind: fc.constant('samples' as const),
    rows: fc.array(fc.tuple(ref, time, fc.double({ noNaN: true })), { minLength: 1, maxLength: 6 }),
  }),
  fc.record({ kind: fc.constant('histograms' as const), rows, plain: plainHistograms }),
  fc.record({ kind: fc.constant('exemplars' as const), rows }),
  fc.record({ kind: fc.constant('tombstones' as const), rows }),
  fc.record({ kind: fc.constant('metadata' as const), ref, unit: fc.constantFrom('s', 'm', 'bytes') }),
);

function exemplarsOf(list: readonly (readonly [number, number])[]): ExemplarEntry[] {
  return list.map(([ref, time]) => ({ ref, time, value: ref / 3, labels: labelsFromObject({ trace: String(time) }) }));
}

function tombstonesOf(list: readonly (readonly [number, number])[]): TombstoneEntry[] {
  return list.map(([ref, time]) => ({ ref, minTime: time - 10, maxTime: time }));
}

function metadataOf(ref: number, unit: string): MetadataEntry {
  return { ref, type: 'gauge', unit, help: `of ${ref}` };
}

/** `parts`: where to note what was written. */
function write(writer: WalWriter, one: Entry, parts: WrittenParts | null): void {
  const hasTimes = one.kind === 'samples' || one.kind === 'histograms' || one.kind === 'exemplars';
  const times = hasTimes ? one.rows.map(([, time]) => time) : [];
  const range = { minTime: Math.min(...times), maxTime: Math.max(...times) };
  const append = (records: readonly Uint8Array[]): void => {
    const { offset, segment } = writer;
    writer.append(records, range);
    parts?.add(writer.segment, writer.segment === segment ? offset : 0, records, range);
  };
  switch (one.kind) {
    case 'series':
      append([seriesOf(one.ref, { s: String(one.ref), padding: 'x'.repeat(900 * one.ref) })]);
      break;
    case 'samples':
      append([samplesOf(one.rows)]);
      break;
    case 'histograms':
      append(histogramRecords(histogramsOf(one)));
      break;
    case 'exemplars':
      append([exemplarsRecord(exemplarsOf(one.rows))]);
      break;
    case 'tombstones':
      append([tombstonesRecord(tombstonesOf(one.rows))]);
      break;
    case 'metadata':
      append([metadataRecord([metadataOf(one.ref, one.unit)])]);
  }
}

function histogramsOf({ plain, rows }: Extract<Entry, { kind: 'histograms' }>) {
  return rows.map(([ref, time]) => ({ ref, time, startTime: 0, histogram: histogramFrom(plain) }));
}

/** Everything, as a replay shows it. */
function show(into: Collector, one: Entry): void {
  const none = new Map<number, MetadataEntry>();
  showKept(into, none, one, Number.NEGATIVE_INFINITY, [1, 2, 3, 4, 5, 6, 7, 8, 9]);
  into.metadataSeen.push(...none.values());
}

function showKept(
  into: Collector,
  metadata: Map<number, MetadataEntry>,
  one: Entry,
  minTime: number,
  kept: readonly number[],
): void {
  switch (one.kind) {
    case 'series':
      if (kept.includes(one.ref)) {
        const labels = labelsFromObject({ s: String(one.ref), padding: 'x'.repeat(900 * one.ref) });
        into.seriesSeen.push([one.ref, labels]);
      }
      break;
    case 'samples':
      for (const [ref, time, value] of one.rows) {
        if (time >= minTime) into.samplesSeen.push([ref, time, bitsOf(value), null]);
      }
      break;
    case 'histograms': {
      const left = histogramsOf(one).filter(({ time }) => time >= minTime);
      const again = new Collector();
      const disk = memoryDisk();
      if (left.length > 0) {
        const writer = openWriter(disk);
        writer.append(histogramRecords(left));
        again.histograms(replay(disk).seen.histogramsSeen);
      }
      into.histogramsSeen.push(...again.histogramsSeen);
      break;
    }
    case 'exemplars':
      into.exemplarsSeen.push(...exemplarsOf(one.rows).filter(({ time }) => time >= minTime));
      break;
    case 'tombstones':
      into.tombstonesSeen.push(
        ...tombstonesOf(one.rows).filter(({ ref, maxTime }) => maxTime >= minTime && kept.includes(ref)),
      );
      break;
    case 'metadata':
      if (kept.includes(one.ref)) metadata.set(one.ref, metadataOf(one.ref, one.unit));
  }
}
