import * as fc from 'fast-check';
import { expect, it } from 'vitest';
import { SymbolTable } from '../../memory/symbol-table.ts';
import { bytesFromLabels } from '../../model/label-bytes.ts';
import { labelsFromObject } from '../../model/labels.ts';
import { recordBytes, seriesRecord } from '../wal/records.ts';
import { LabelEntry } from './label-entry.ts';
import { UnloggedSeries } from './unlogged-series.ts';

/** How a series comes: as bytes, as strings, or not at all since it is known; and how much its labels differ from others. */
const arrival = fc.record({
  as: fc.oneof(
    { arbitrary: fc.constant('bytes' as const), weight: 20 },
    { arbitrary: fc.constantFrom('strings' as const, 'known' as const), weight: 1 },
  ),
  pod: fc.nat(3),
  text: fc.constantFrom('', 'ä', 'a value that is somewhat longer'),
});

it('UnloggedSeries makes the record of its series, however they come', () => {
  const some = fc.array(arrival, { minLength: 1, maxLength: 60 });
  fc.assert(
    fc.property(some, fc.integer({ min: 0, max: 1500 }), fc.nat(3), (arrivals, before, after) => {
      const unlogged = new UnloggedSeries();
      const entry = new LabelEntry(new SymbolTable());
      const expected: { ref: number; labels: ReturnType<typeof labelsFromObject> }[] = [];
      let ref = 65_000;
      // In a large record, as in a small one.
      const plain = Array.from({ length: before }, (_, i) => ({ as: 'bytes' as const, pod: i % 4, text: `${i}` }));
      for (const { as, pod, text } of [...plain, ...arrivals, ...plain.slice(0, after)]) {
        ref++;
        const labels = labelsFromObject({
          __name__: `metric_${ref % 5}`,
          id: `${ref}`,
          pod: `pod-${pod}-of-a-deployment`,
          text,
        });
        if (as === 'strings') {
          entry.setLabels(labels);
          unlogged.add(ref, labels);
        } else {
          const bytes = bytesFromLabels(labels);
          const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.length);
          entry.setBytes(bytes, view, 0, bytes.length);
          if (as === 'known') continue;
          unlogged.addBytes(ref, view, 0, bytes.length, entry);
        }
        expected.push({ ref, labels });
      }
      if (expected.length === 0) return;
      expect(unlogged.count).toBe(expected.length);
      expect(Buffer.compare(recordBytes(unlogged.record), seriesRecord(expected))).toBe(0);
      unlogged.remove(new Set([expected[0]!.ref]));
      expect(Buffer.compare(recordBytes(unlogged.record), seriesRecord(expected.slice(1)))).toBe(0);
      unlogged.clear();
      expect(unlogged.count).toBe(0);
    }),
    { numRuns: 100 },
  );
});

it('UnloggedSeries stays compressed where a large record gets a series as strings', () => {
  const unlogged = new UnloggedSeries();
  const entry = new LabelEntry(new SymbolTable());
  for (let ref = 1; ref <= 2000; ref++) {
    const bytes = bytesFromLabels(
      labelsFromObject({ __name__: 'metric', id: `${ref}`, job: 'some job', text: 'x'.repeat(40) }),
    );
    const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.length);
    entry.setBytes(bytes, view, 0, bytes.length);
    unlogged.addBytes(ref, view, 0, bytes.length, entry);
  }
  const up = labelsFromObject({ __name__: 'up', job: 'some job' });
  entry.setLabels(up);
  unlogged.add(2001, up);
  expect('snappy' in unlogged.record).toBe(true);
});
