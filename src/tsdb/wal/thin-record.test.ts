import fc from 'fast-check';
import { expect, it } from 'vitest';
import { labelsFromObject } from '../../model/labels.ts';
import { seriesRecord } from './records.ts';
import { RefSet } from './ref-set.ts';
import { RecordThinner } from './thin-record.ts';

it('leaves the series of a record that are wanted, and the record as it is where all are', () => {
  const entries = fc.array(fc.record({ ref: fc.nat(9), size: fc.nat(300) }), { maxLength: 12 });
  fc.assert(
    fc.property(entries, fc.array(fc.nat(9)), (list, wanted) => {
      const refs = new RefSet();
      for (const ref of wanted) refs.add(ref);
      const series = list.map(({ ref, size }) => ({
        ref,
        labels: labelsFromObject({ a: 'x'.repeat(size), r: `${ref}` }),
      }));
      const left = series.filter(({ ref }) => wanted.includes(ref));
      const thinner = new RecordThinner({ minTime: 0, refs });
      const expected = left.length === 0 ? [] : left.length === series.length ? 'whole' : [seriesRecord(left)];
      expect(thinner.thin(seriesRecord(series))).toEqual(expected);
      expect(thinner.counts).toMatchObject({ series: series.length, seriesDropped: series.length - left.length });
    }),
  );
});
