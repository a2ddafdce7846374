import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { labelsFromObject } from '../../model/labels.ts';
import type { Matcher } from '../../model/matcher.ts';
import { matcherPredicate } from '../../model/matcher-predicate.ts';
import { HeadMemory } from '../head/head-memory.ts';
import { HeadRowIndex } from '../head/head-row-index.ts';
import { SeriesDirectory } from '../head/series-directory.ts';
import { matchersToRows } from './matchers-to-rows.ts';

describe('matchersToRows()', () => {
  it('chooses the rows that meet every matcher, an absent label being empty', () => {
    fc.assert(
      fc.property(
        seriesLists,
        fc.array(matcherLists, { minLength: 30, maxLength: 60, size: 'max' }),
        (list, queries) => {
          const { rowIndex, rowOf } = indexOf(list);
          for (const matchers of queries) {
            const expected = chosenFrom(list, matchers).map(rowOf);
            expect([...matchersToRows(rowIndex, matchers)]).toEqual(expected.sort((a, b) => a - b));
          }
        },
      ),
      { numRuns: 60 },
    );
  });

  it('chooses the same after series were removed and their rows used again', () => {
    fc.assert(
      fc.property(
        seriesLists,
        seriesLists,
        fc.func(fc.boolean()),
        fc.array(matcherLists, { minLength: 10, maxLength: 20, size: 'max' }),
        (first, second, isRemoved, queries) => {
          const { rowIndex, rowOf, directory } = indexOf(first);
          const removed = first.filter((labels) => isRemoved(labels));
          directory.remove(Float64Array.from(removed, (labels) => directory.find(labelsFromObject(labels))));
          for (const labels of second) directory.resolve(labelsFromObject(labels));
          const left = new Map(
            [...first.filter((labels) => !removed.includes(labels)), ...second].map((labels) => [
              labelsFromObject(labels).key,
              labels,
            ]),
          );
          for (const matchers of queries) {
            const expected = chosenFrom([...left.values()], matchers).map(rowOf);
            expect([...matchersToRows(rowIndex, matchers)]).toEqual(expected.sort((a, b) => a - b));
          }
          expect(directory.stats().series).toBe(left.size);
        },
      ),
      { numRuns: 60 },
    );
  });

  it('leaves out as many values as two lists name, more than a call takes arguments', () => {
    const { rowIndex, rowOf } = indexOf([{ a: '1' }, { a: '2' }, { a: '3' }]);
    const list = Array.from({ length: 200_000 }, (_, i) => `x${i}`).join('|');
    const matchers: Matcher[] = [
      { type: '!~', name: 'a', value: `1|${list}` },
      { type: '!~', name: 'a', value: `2|y|${list}` },
    ];
    expect([...matchersToRows(rowIndex, matchers)]).toEqual([rowOf({ a: '3' })]);
  });

  it('throws for a malformed pattern, also where no series has the label', () => {
    const { rowIndex } = indexOf([{ a: '1' }]);
    expect(() => matchersToRows(rowIndex, [{ type: '=~', name: 'nowhere', value: '(' }])).toThrow(
      'error parsing regexp: missing closing ): `(`',
    );
  });
});

const value = fc.constantFrom('', '1', '2', '10', 'x', 'xy', 'é');
const series = fc
  .record({ a: value, b: value, c: value }, { requiredKeys: [] })
  .map((labels) => ({ ...labels, id: '' }))
  .map((labels) => Object.fromEntries(Object.entries(labels).filter(([, text]) => text !== '')));
const seriesLists = fc
  .array(series, { maxLength: 60, size: 'max' })
  .map((list) => list.map((labels, i) => (i % 3 === 0 ? { ...labels, id: String(i % 30) } : labels)))
  .map((list) => list.filter((labels) => Object.keys(labels).length > 0))
  .map((list) => [...new Map(list.map((labels) => [labelsFromObject(labels).key, labels])).values()]);
const matcher: fc.Arbitrary<Matcher> = fc.oneof(
  fc.record({
    type: fc.constantFrom<Matcher['type']>('=', '!='),
    name: fc.constantFrom('a', 'b', 'c', 'id', 'nowhere'),
    value,
  }),
  fc.record({
    type: fc.constantFrom<Matcher['type']>('=~', '!~'),
    name: fc.constantFrom('a', 'b', 'c', 'id', 'nowhere'),
    value: fc.constantFrom('', '.*', '.+', '1|2', '1|', 'x.*', '.*y', '[12]+', '(|x)', '1', '.', 'é', '(?i)X'),
  }),
);

const matcherLists = fc.array(matcher, { maxLength: 4 });

function chosenFrom(list: readonly Record<string, string>[], matchers: readonly Matcher[]): Record<string, string>[] {
  const predicates = matchers.map((one) => ({ name: one.name, meets: matcherPredicate(one) }));
  return list.filter((labels) => predicates.every(({ name, meets }) => meets(labels[name] ?? '')));
}

function indexOf(list: readonly Record<string, string>[]) {
  const memory = new HeadMemory();
  const directory = new SeriesDirectory(memory);
  for (const labels of list) directory.resolve(labelsFromObject(labels));
  const rowOf = (labels: Record<string, string>): number =>
    directory.refs.row(directory.find(labelsFromObject(labels)));
  return { directory, rowOf, rowIndex: new HeadRowIndex(memory, directory.labelIndex) };
}
