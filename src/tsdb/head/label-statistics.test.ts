import fc from 'fast-check';
import { expect, it } from 'vitest';
import { labelsFromObject } from '../../model/labels.ts';
import { runInTurns } from '../../std/turns.ts';
import { HeadMemory } from './head-memory.ts';
import { labelStatistics } from './label-statistics.ts';
import { SeriesDirectory } from './series-directory.ts';

it('counts what a walk over all series counts', () => {
  const sets = fc.uniqueArray(
    fc.dictionary(fc.constantFrom('__name__', 'job', 'é'), fc.constantFrom('a', 'b', 'c'.repeat(300), 'ü'), {
      minKeys: 1,
    }),
    { maxLength: 40, selector: (set) => labelsFromObject(set).key },
  );
  fc.assert(
    fc.property(sets, fc.integer({ min: 1, max: 6 }), (list, limit) => {
      const memory = new HeadMemory();
      const directory = new SeriesDirectory(memory);
      for (const set of list) directory.resolve(labelsFromObject(set));
      const expected = naiveCounts(list);
      const counted = runInTurns(labelStatistics(memory, directory.labelIndex, limit), null);
      for (const key of ['seriesByMetric', 'valuesByName', 'bytesByName', 'seriesByPair'] as const) {
        const sorted = [...expected[key]].sort((a, b) => b[1] - a[1] || (a[0] < b[0] ? -1 : 1)).slice(0, limit);
        expect(counted[key].map(({ name, value }) => [name, value])).toEqual(sorted);
      }
    }),
  );
});

function naiveCounts(list: readonly Record<string, string>[]) {
  const seriesByMetric = new Map<string, number>();
  const valuesOf = new Map<string, Set<string>>();
  const bytesByName = new Map<string, number>();
  const seriesByPair = new Map<string, number>();
  const add = (map: Map<string, number>, key: string, by: number) => map.set(key, (map.get(key) ?? 0) + by);
  const size = (text: string) => Buffer.byteLength(text) + (Buffer.byteLength(text) < 255 ? 1 : 4);
  for (const set of list) {
    for (const [name, value] of Object.entries(set)) {
      if (name === '__name__') add(seriesByMetric, value, 1);
      valuesOf.set(name, (valuesOf.get(name) ?? new Set()).add(value));
      add(bytesByName, name, size(name) + size(value));
      add(seriesByPair, `${name}=${value}`, 1);
    }
  }
  const valuesByName = new Map([...valuesOf].map(([name, values]) => [name, values.size]));
  return { seriesByMetric, valuesByName, bytesByName, seriesByPair };
}
