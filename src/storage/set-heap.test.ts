import fc from 'fast-check';
import { expect, test } from 'vitest';
import { compareLabels, type Labels, labelsFromObject } from '../model/labels.ts';
import type { SeriesSet } from './query.ts';
import { SetHeap } from './set-heap.ts';

function setOf(ids: readonly number[]): SeriesSet {
  const labels = ids.map((id) => labelsFromObject({ id: `${id}` })).sort(compareLabels);
  return { length: labels.length, labels: (row: number) => labels[row]! } as unknown as SeriesSet;
}

function taken(heap: SetHeap): (readonly [labels: Labels, set: number, row: number])[] {
  const all: (readonly [Labels, number, number])[] = [];
  for (let labels = heap.take(); labels !== null; labels = heap.take()) all.push([labels, heap.set, heap.row]);
  return all;
}

test('SetHeap gives all series in label order, equal ones in that of their sets, made at once or in steps', () => {
  const some = fc.array(fc.uniqueArray(fc.nat(20), { maxLength: 4 }), { maxLength: 20 });
  // So many that there are several steps.
  const times = fc.constantFrom(1, 60);
  fc.assert(
    fc.property(some, times, (lists, count) => {
      const sets = Array.from({ length: count }, () => lists.map(setOf)).flat();
      const wanted = sets.flatMap((set, index) => {
        return Array.from({ length: set.length }, (_, row) => [set.labels(row), index, row] as const);
      });
      wanted.sort((a, b) => compareLabels(a[0], b[0]) || a[1] - b[1]);
      expect(taken(new SetHeap(sets))).toEqual(wanted);
      const steps = SetHeap.inSteps(sets);
      let step = steps.next();
      let pauses = 0;
      for (; step.done !== true; step = steps.next()) pauses++;
      expect(pauses).toBeGreaterThanOrEqual(Math.floor(sets.length / 256));
      expect(taken(step.value)).toEqual(wanted);
    }),
    { numRuns: 50 },
  );
});
