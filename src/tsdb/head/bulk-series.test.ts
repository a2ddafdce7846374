import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { bytesFromLabels } from '../../model/label-bytes.ts';
import { Labels, labelsFromPairs } from '../../model/labels.ts';
import { RecordCompressor } from '../wal/compression.ts';
import { RecordDecoder } from '../wal/decode-records.ts';
import { seriesRecord } from '../wal/records.ts';
import { BulkSeries } from './bulk-series.ts';
import { HeadMemory } from './head-memory.ts';
import { SeriesDirectory } from './series-directory.ts';

interface Entry {
  readonly ref: number;
  readonly labels: Labels;
}

/** Runs of label sets that differ in few texts, some of them long, and any. */
const text = fc.oneof(
  fc.constantFrom('a', 'requests_total', 'x'.repeat(127), 'y'.repeat(128), 'z'.repeat(300)),
  fc.integer({ min: 0, max: 12 }).map(String),
);
const someLabels = fc
  .uniqueArray(fc.tuple(text, text), { minLength: 1, maxLength: 6, selector: ([name]) => name })
  .map((pairs) => labelsFromPairs(pairs.toSorted(([a], [b]) => (a < b ? -1 : 1)).flat()));
const run = fc.tuple(someLabels, fc.array(fc.tuple(fc.nat(5), text), { maxLength: 12 })).map(([first, changes]) => {
  const sets = [first];
  for (const [place, value] of changes) {
    const pairs = sets.at(-1)!.pairs.slice();
    pairs[2 * (place % (pairs.length / 2)) + 1] = value;
    sets.push(labelsFromPairs(pairs));
  }
  return sets;
});
const ref = fc.oneof(fc.integer({ min: 1, max: 60 }), fc.integer({ min: 5000, max: 5100 }));
const records = fc
  .array(
    run.chain((sets) => fc.tuple(...sets.map((labels) => fc.record({ ref, labels: fc.constant(labels) })))),
    { minLength: 1, maxLength: 12 },
  )
  .map((groups): Entry[][] => groups);

describe('BulkSeries', () => {
  it('makes what the directory makes of the same records, one series after the other', () => {
    fc.assert(
      fc.property(records, fc.nat(12), fc.nat(5), (log, bulkRecords, pause) => {
        const plain = new HeadMemory();
        const expected = new SeriesDirectory(plain);
        for (const record of log) restore(expected, record);

        const memory = new HeadMemory();
        const directory = new SeriesDirectory(memory);
        const bulk = new BulkSeries(memory, directory);
        for (const [i, record] of log.entries()) {
          if (i < bulkRecords) {
            expect(take(bulk, record)).toBe(record.length);
            if (i % 3 === pause) adopt(bulk);
            continue;
          }
          adopt(bulk);
          bulk.end();
          expect(take(bulk, record)).toBe(-1);
          restore(directory, record);
        }
        adopt(bulk);
        expect(contents(memory, directory, log.flat())).toEqual(contents(plain, expected, log.flat()));
        // Series that come later find their place, too.
        const more = labelsFromPairs(['a', 'later', 'requests_total', '7']);
        expect(directory.resolve(more)).toBe(expected.resolve(more));
        for (const { labels } of log.flat()) expect(directory.resolve(labels)).toBe(expected.resolve(labels));
      }),
      { numRuns: 60 },
    );
  });

  it('makes many series, of which tables and lists grow', () => {
    const entries = Array.from({ length: 30_000 }, (_, i) => ({
      ref: i + 1 + Math.floor(i / 5000),
      labels: labelsFromPairs(['id', String(i), 'job', `job-${i % 7}`, 'zone', 'a'.repeat(1 + (i % 90))]),
    }));
    const [plain, memory] = [new HeadMemory(), new HeadMemory()];
    const [expected, directory] = [new SeriesDirectory(plain), new SeriesDirectory(memory)];
    const bulk = new BulkSeries(memory, directory);
    for (let from = 0; from < entries.length; from += 3000) {
      const record = entries.slice(from, from + 3000);
      restore(expected, record);
      expect(take(bulk, record)).toBe(record.length);
      if (from % 12_000 === 0) adopt(bulk);
    }
    adopt(bulk);
    const some = entries.filter((_, i) => i % 11 === 0);
    expect(contents(memory, directory, some)).toEqual(contents(plain, expected, some));
  });

  it('leaves records to others that are not as nearly all are, whole', () => {
    const usual = [{ ref: 7, labels: labelsFromPairs(['a', '1']) }];
    const name = fc.constantFrom<Entry>(
      { ref: 8, labels: labelsFromPairs(['a', 'ä']) },
      { ref: 8, labels: labelsFromPairs([]) },
      { ref: 8, labels: labelsFromPairs(['', '1']) },
      { ref: 2 ** 40, labels: labelsFromPairs(['a', '2']) },
      { ref: 2 ** 39, labels: labelsFromPairs(['a', '2']) },
      { ref: 8, labels: labelsFromPairs(['a', 'b'.repeat(70_000)]) },
      { ref: 8, labels: new Labels(['b', '1', 'a', '1']) },
      { ref: 8, labels: new Labels(['b', '']) },
    );
    fc.assert(
      fc.property(name, (unusual) => {
        const memory = new HeadMemory();
        const directory = new SeriesDirectory(memory);
        const bulk = new BulkSeries(memory, directory);
        expect(take(bulk, usual)).toBe(1);
        expect(take(bulk, [{ ref: 9, labels: labelsFromPairs(['a', '3']) }, unusual])).toBe(-1);
        expect(bulk.take(Uint8Array.of(2), 0)).toBe(-1);
        adopt(bulk);
        expect(memory.series.rowCount).toBe(1);
        expect(directory.refs.row(7)).toBe(0);
        expect(directory.refs.row(9)).toBe(-1);
      }),
    );
  });

  it('takes no bytes that are cut off or changed for anything else than the head does', () => {
    const record = seriesRecord(
      Array.from({ length: 4 }, (_, i) => ({ ref: i + 1, labels: labelsFromPairs(['a', `v${i}`, 'b', 'w']) })),
    );
    fc.assert(
      fc.property(fc.nat(record.length), fc.nat(record.length - 1), fc.nat(255), (size, at, byte) => {
        const bytes = record.slice();
        bytes[at] = byte;
        const cut = bytes.subarray(0, size);
        const memory = new HeadMemory();
        const directory = new SeriesDirectory(memory);
        const bulk = new BulkSeries(memory, directory);
        const taken = bulk.take(cut, 0);
        adopt(bulk);
        const plain = new HeadMemory();
        const expected = new SeriesDirectory(plain);
        const known: Entry[] = [];
        const nothing = (): void => {};
        const reason = new RecordDecoder({
          series: (ref, labels) => void (expected.restore(ref, labels) && known.push({ ref, labels })),
          samples: nothing,
          histograms: nothing,
          exemplars: nothing,
          tombstones: nothing,
          metadata: nothing,
        }).visit(cut);
        if (taken < 0) return;
        expect(reason).toBe(null);
        expect(known).toHaveLength(taken);
        expect(contents(memory, directory, known)).toEqual(contents(plain, expected, known));
      }),
      { numRuns: 300 },
    );
  });
});

const compressor = new RecordCompressor('snappy');

function take(bulk: BulkSeries, record: readonly Entry[]): number {
  const { bytes, flags, size } = compressor.compress(seriesRecord(record));
  return bulk.take(bytes.subarray(0, size), flags);
}

function adopt(bulk: BulkSeries): void {
  while (bulk.adopt()) {}
}

function restore(directory: SeriesDirectory, record: readonly Entry[]): void {
  for (const { labels, ref: given } of record) {
    const bytes = bytesFromLabels(labels);
    directory.restoreBytes(given, bytes, 0, bytes.length);
  }
}

/** All that the directory tells, with ids and rows as they are. */
function contents({ labelLog, series, symbols }: HeadMemory, directory: SeriesDirectory, asked: Entry[]): unknown {
  const { labelIndex, refs } = directory;
  const rows = Array.from({ length: series.rowCount }, (_, row) => {
    const position = series.labels(row);
    const words = labelLog.slabOf(position);
    const at = labelLog.offsetOf(position);
    return [series.ref(row), series.lastTime(row), series.isLive(row), [...words.slice(at, at + 1 + 2 * words[at]!)]];
  });
  return {
    rows,
    liveRows: [...series.liveRows()],
    symbols: Array.from({ length: symbols.count }, (_, id) => symbols.text(id)),
    uses: Array.from({ length: symbols.count }, (_, id) => labelIndex.uses(id)),
    pairs: [...labelIndex.names()].map((name) => [
      name,
      [...labelIndex.values(name)].map((value) => [value, [...labelIndex.rows(name, value)]]),
    ]),
    found: asked.map(({ labels, ref: given }) => [directory.find(labels), refs.row(given)]),
    otherRefs: [...directory.otherRefs()],
    nextRef: directory.nextRef,
    stats: { ...directory.stats(), indexBytes: 0 },
  };
}
