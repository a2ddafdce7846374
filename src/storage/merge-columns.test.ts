import fc from 'fast-check';
import { expect, it } from 'vitest';
import type { FloatHistogram } from '../model/histogram.ts';
import { trimColumn } from './merge-columns.ts';
import { createSampleColumn, type SampleColumn } from './query.ts';

/** What tells histograms apart here is their count. */
function histogramOf(count: number): FloatHistogram {
  return { count } as FloatHistogram;
}

/** A column of floats and histograms in turn as the kinds say; the list of histograms ends with the last of them. */
function columnOf(kinds: readonly boolean[]): SampleColumn {
  const column = createSampleColumn(kinds.length);
  for (const [i, isHistogram] of kinds.entries()) {
    column.times[i] = 10 * i;
    column.values[i] = i;
    if (!isHistogram) continue;
    column.histograms ??= [];
    column.histograms[i] = histogramOf(i);
  }
  column.length = kinds.length;
  return column;
}

it('keeps floats floats and histograms histograms when a column is trimmed', () => {
  fc.assert(
    fc.property(fc.array(fc.boolean(), { maxLength: 30 }), fc.nat(300), fc.nat(300), (kinds, minTime, maxTime) => {
      const column = columnOf(kinds);
      trimColumn(column, minTime, maxTime);
      const seen = Array.from({ length: column.length }, (_, i) => {
        const histogram = column.histograms?.[i];
        return [column.times[i], histogram === undefined ? column.values[i] : `histogram ${histogram.count}`];
      });
      const expected = kinds.flatMap((isHistogram, i) =>
        10 * i < minTime || 10 * i > maxTime ? [] : [[10 * i, isHistogram ? `histogram ${i}` : i]],
      );
      expect(seen).toEqual(expected);
    }),
  );
});
