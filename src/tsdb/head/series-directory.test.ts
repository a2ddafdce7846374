import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { bytesFromLabels } from '../../model/label-bytes.ts';
import { type Labels, labelsFromPairs } from '../../model/labels.ts';
import type { SnappyRecord } from '../wal/compressed-series.ts';
import { recordBytes, seriesRecord } from '../wal/records.ts';
import { HeadMemory } from './head-memory.ts';
import { SeriesDirectory } from './series-directory.ts';

describe('SeriesDirectory', () => {
  it('knows a series by its labels and by their bytes, and tells the log of each once', () => {
    fc.assert(
      fc.property(fc.array(fc.tuple(someLabels, fc.boolean()), { maxLength: 60 }), (list) => {
        const directory = new SeriesDirectory(new HeadMemory());
        const refs = new Map<string, number>();
        const entries: { ref: number; labels: Labels }[] = [];
        for (const [labels, asBytes] of list) {
          const ref = asBytes ? resolveBytes(directory, labels) : directory.resolve(labels);
          if (!refs.has(labels.key)) entries.push({ ref, labels });
          expect(ref).toBe(refs.get(labels.key) ?? refs.size + 1);
          refs.set(labels.key, ref);
        }
        expect(recordBytes(directory.unlogged.record)).toEqual(seriesRecord(entries));
        directory.unlogged.clear();
        expect(directory.unlogged.count).toBe(0);
      }),
      { numRuns: 50 },
    );
  });

  it('makes the record of runs of label sets compressed', () => {
    const word = fc.tuple(
      fc.constantFrom('', 'requests_', 'x'.repeat(70), 'y'.repeat(300)),
      fc.integer({ max: 12, min: 0 }),
    );
    const change = fc.record({ place: fc.nat(5), to: word, isName: fc.boolean(), isGone: fc.boolean() });
    fc.assert(
      fc.property(fc.array(fc.array(change, { maxLength: 3 }), { maxLength: 80 }), fc.nat(3), (list, restart) => {
        const directory = new SeriesDirectory(new HeadMemory());
        if (restart > 0) directory.reserveRef([65_530, 2 ** 32 - 5, 2 ** 38][restart - 1]!);
        const pairs = Array.from({ length: 6 }, (_, i): [string, string] => [`name${i}`, `value${i}`]);
        let entries: { ref: number; labels: Labels }[] = [];
        for (const changes of list) {
          for (const { place, to, isName, isGone } of changes) {
            const text = `${to[0]}${to[1]}`;
            if (isName) pairs[place]![0] = `${text}${place}`;
            else pairs[place]![1] = isGone ? '' : text;
          }
          const labels = labelsFromPairs(pairs.filter(([, value]) => value !== '').flat());
          const before = directory.stats().series;
          if (labels.size === 0) continue;
          const ref = resolveBytes(directory, labels);
          // The log is told of a series once; looking up one that is known ends the compression.
          if (directory.stats().series > before) entries.push({ ref, labels });
          if (entries.length === 30) {
            expect(recordBytes(directory.unlogged.record)).toEqual(seriesRecord(entries));
            directory.unlogged.clear();
            entries = [];
          }
        }
        expect(recordBytes(directory.unlogged.record)).toEqual(seriesRecord(entries));
      }),
      { numRuns: 60 },
    );
  });

  it('takes few bytes in the record for a series that differs from the one before in two labels', () => {
    const directory = new SeriesDirectory(new HeadMemory());
    for (let i = 0; i < 1000; i++) {
      const pairs = ['__name__', `requests_${i % 200}_total`, 'code', String(200 + Math.floor(i / 200))];
      for (let k = 0; k < 8; k++) pairs.push(`label${k}`, `the same value as always ${k}`);
      resolveBytes(directory, labelsFromPairs(pairs));
    }
    const record = directory.unlogged.record as SnappyRecord;
    expect(record.recordSize).toBeGreaterThan(290_000);
    expect(record.snappy.length).toBeLessThan(35_000);
  });

  it('does not tell the log of series that were removed before', () => {
    fc.assert(
      fc.property(fc.uniqueArray(someLabels, { selector: (labels) => labels.key, maxLength: 20 }), (list) => {
        const directory = new SeriesDirectory(new HeadMemory());
        const entries = list.map((labels) => ({ ref: resolveBytes(directory, labels), labels }));
        directory.remove(Float64Array.from(entries.filter(({ ref }) => ref % 3 === 0).map(({ ref }) => ref)));
        expect(recordBytes(directory.unlogged.record)).toEqual(
          seriesRecord(entries.filter(({ ref }) => ref % 3 !== 0)),
        );
      }),
      { numRuns: 30 },
    );
  });

  it('forgets another ref of a series, which may then be that of a new one', () => {
    const memory = new HeadMemory();
    const directory = new SeriesDirectory(memory);
    const [one, two] = [labelsFromPairs(['a', '1']), labelsFromPairs(['a', '2'])];
    for (const ref of [7, 8, 9]) directory.restore(ref, one);
    expect([...directory.otherRefs()]).toEqual([[7, [8, 9]]]);
    const { version } = memory.series;
    directory.remove(Float64Array.of(8));
    expect(memory.series.version).toBeGreaterThan(version);
    expect([...directory.otherRefs()]).toEqual([[7, [9]]]);
    directory.restore(8, two);
    directory.remove(Float64Array.of(9));
    expect([...directory.otherRefs()]).toEqual([]);
    directory.remove(Float64Array.of(7));
    expect(directory.refs.row(7)).toBe(-1);
    expect(directory.refs.row(8)).toBeGreaterThanOrEqual(0);
  });

  it('refuses labels that end elsewhere than said, and none at all', () => {
    const directory = new SeriesDirectory(new HeadMemory());
    const bytes = bytesFromLabels(labelsFromPairs(['a', 'b']));
    expect(() => directory.resolveBytes(bytes, 0, bytes.length - 1)).toThrow(RangeError);
    expect(() => directory.resolveBytes(new Uint8Array(1), 0, 1)).toThrow('empty labelset');
    expect(directory.resolveBytes(bytes, 0, bytes.length)).toBe(1);
  });
});

function resolveBytes(directory: SeriesDirectory, labels: Labels): number {
  const bytes = bytesFromLabels(labels);
  const placed = new Uint8Array(bytes.length + 3);
  placed.set(bytes, 3);
  return directory.resolveBytes(placed, 3, placed.length);
}

const text = fc.oneof(
  fc.constantFrom('a', 'b', 'job', 'é', 'x'.repeat(200)),
  fc.string({ minLength: 1, maxLength: 3, unit: 'grapheme' }),
);
const someLabels = fc
  .array(fc.tuple(text, text), { minLength: 1, maxLength: 5 })
  .map((pairs) => labelsFromPairs(pairs.flat()));
