import { describe, expect, it } from 'vitest';
import { KEPT_UNITS_MAX } from '../../memory/symbol-texts.ts';
import { type Labels, labelsFromObject } from '../../model/labels.ts';
import { HeadMemory } from './head-memory.ts';
import { HeadReader } from './head-reader.ts';
import { SeriesDirectory } from './series-directory.ts';

/** So many label sets have long texts that come to what is kept at most, and so many units each. */
const KEPT = 16;
const LONG_UNITS = 1 << 20;

/** Reads the labels of series that differ in their `id`, 0 to 2 * KEPT, and have a text of so many units beside it. */
function labelsReader(units: number): (id: number) => Labels {
  const memory = new HeadMemory();
  const directory = new SeriesDirectory(memory);
  const text = 'x'.repeat(units);
  const refs: number[] = [];
  for (let id = 0; id <= 2 * KEPT; id++) refs.push(directory.resolve(labelsFromObject({ id: `${id}`, text })));
  const rows = new Map<number, number>();
  for (let row = 0; rows.size < refs.length; row++) rows.set(memory.series.ref(row), row);
  const reader = new HeadReader(memory);
  return (id) => {
    const labels = reader.labels(rows.get(refs[id]!)!);
    expect(labels.toObject()).toEqual({ id: `${id}`, text });
    return labels;
  };
}

describe('HeadReader.labels()', () => {
  it.each([1, KEPT_UNITS_MAX, KEPT_UNITS_MAX + 1])(
    'gives the same label sets again, with texts of %i units',
    (units) => {
      const labels = labelsReader(units);
      const list = Array.from({ length: 2 * KEPT + 1 }, (_, id) => labels(id));
      for (const [id, each] of list.entries()) expect(labels(id)).toBe(each);
    },
  );

  it('lets go of all before their long texts come to more than 16 Mi units', () => {
    const labels = labelsReader(LONG_UNITS);
    const list = Array.from({ length: KEPT }, (_, id) => labels(id));
    for (const [id, each] of list.entries()) expect(labels(id)).toBe(each);
    const next = labels(KEPT);
    for (let id = 1; id < KEPT; id++) expect(labels(id)).not.toBe(list[id]);
    // They are as many now as have room.
    expect(labels(KEPT)).toBe(next);
    labels(0);
    expect(labels(KEPT)).not.toBe(next);
  });
});
