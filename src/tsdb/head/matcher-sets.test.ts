import fc from 'fast-check';
import { expect, test } from 'vitest';
import { type Labels, labelsFromObject } from '../../model/labels.ts';
import type { Matcher } from '../../model/matcher.ts';
import { matcherPredicate } from '../../model/matcher-predicate.ts';
import { runInTurns } from '../../std/turns.ts';
import { MatcherSets } from './matcher-sets.ts';

const matcher: fc.Arbitrary<Matcher> = fc.record({
  type: fc.constantFrom('=', '!=', '=~', '!~'),
  name: fc.constantFrom('a', 'b', 'c'),
  value: fc.constantFrom('', 'x', 'y', 'x|y', '.+'),
});

function holdsFor(labels: Labels, matchers: readonly Matcher[]): boolean {
  return matchers.every((each) => matcherPredicate(each)(labels.get(each.name)));
}

test('MatcherSets find a set that holds exactly where there is one', () => {
  const sets = fc.array(fc.array(matcher, { minLength: 1, maxLength: 4 }), { maxLength: 12 });
  const labels = fc
    .dictionary(fc.constantFrom('a', 'b', 'c', 'd'), fc.constantFrom('x', 'y', 'z'))
    .map(labelsFromObject);
  fc.assert(
    fc.property(sets, labels, (matcherSets, own) => {
      const made = runInTurns(MatcherSets.from(matcherSets), null);
      const found = made
        .candidates(own)
        .some((list) => list.some((set) => set.every(({ holds, name }) => holds(own.get(name)))));
      expect(found).toBe(matcherSets.some((matchers) => holdsFor(own, matchers)));
    }),
  );
});

test('MatcherSets ask only the sets that want a pair of the labels', () => {
  const matcherSets = Array.from({ length: 1000 }, (_, i): Matcher[] => [
    { type: '=', name: '__name__', value: 'm' },
    { type: '=', name: 'id', value: String(i) },
  ]);
  const made = runInTurns(MatcherSets.from(matcherSets), null);
  const asked = made.candidates(labelsFromObject({ __name__: 'm', id: '7' }));
  expect(asked.map((list) => list.length)).toEqual([1]);
});
