import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { bytesFromLabels } from '../../model/label-bytes.ts';
import { type Labels, labelsFromPairs } from '../../model/labels.ts';
import { seriesRecord } from '../wal/records.ts';
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
        expect(directory.unlogged.record).toEqual(seriesRecord(entries));
        directory.unlogged.clear();
        expect(directory.unlogged.count).toBe(0);
      }),
      { numRuns: 50 },
    );
  });

  it('does not tell the log of series that were removed before', () => {
    fc.assert(
      fc.property(fc.uniqueArray(someLabels, { selector: (labels) => labels.key, maxLength: 20 }), (list) => {
        const directory = new SeriesDirectory(new HeadMemory());
        const entries = list.map((labels) => ({ ref: resolveBytes(directory, labels), labels }));
        directory.remove(Float64Array.from(entries.filter(({ ref }) => ref % 3 === 0).map(({ ref }) => ref)));
        expect(directory.unlogged.record).toEqual(seriesRecord(entries.filter(({ ref }) => ref % 3 !== 0)));
      }),
      { numRuns: 30 },
    );
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
