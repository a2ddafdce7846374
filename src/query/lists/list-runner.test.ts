import { expect, test } from 'vitest';
import { ManualClock } from '../../std/manual-clock.ts';
import type { ThreadList } from './list-request.ts';
import { ThreadLists } from './list-runner.ts';

test('ThreadLists tells a thread once of what several selectors find', async () => {
  const found = [
    [3, 1, 2],
    [2, 3],
    [5, 1],
  ].map((symbols) => Uint32Array.from(symbols));
  let at = 0;
  let told: ThreadList | null = null;
  const head = { textSymbols: () => found[at++]!, close: () => {} };
  const lists = new ThreadLists(
    { hasBlocks: () => false, headQuerier: () => head },
    async (list) => {
      told = list;
      return { ok: true, form: 'json', body: new Uint8Array() };
    },
    new ManualClock(0),
  );
  const matcherSets = ['a', 'b', 'c'].map((value) => [{ type: '=' as const, name: 'n', value }]);
  const request = { what: 'names', range: { minTime: 0, maxTime: 1 }, matcherSets, sorted: true, limit: 0 } as const;
  await lists.list(request, new AbortController().signal);
  expect(told!.selectors).toEqual([
    { matchers: matcherSets[0], headSymbols: Uint32Array.of(3, 1, 2) },
    { matchers: matcherSets[1], headSymbols: Uint32Array.of() },
    { matchers: matcherSets[2], headSymbols: Uint32Array.of(5) },
  ]);
});
