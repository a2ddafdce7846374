import fc from 'fast-check';
import { expect, test } from 'vitest';
import { type Body, bodyFromBytes } from '../exposition/body.ts';
import { createExpositionRows } from '../exposition/rows.ts';
import { parseTextBody } from '../exposition/text-format.ts';
import { SeriesCache } from './series-cache.ts';

const rows = createExpositionRows(16);

function bodyOf(names: readonly string[]): Body {
  return bodyFromBytes(Buffer.from(names.map((name) => `${name} 1\n`).join('')));
}

/** Scans a body and adds what the cache does not know; gives each row's ref. */
function meet(cache: SeriesCache, names: readonly string[], refOf: (name: string) => number, pass: number): number[] {
  const body = bodyOf(names);
  parseTextBody(body, rows, cache);
  let previous = 0;
  return names.map((name, row) => {
    const start = rows.seriesStart[row]!;
    const end = rows.seriesEnd[row]!;
    let entry = rows.entries[row]! || cache.find(body, start, end);
    if (entry === 0) entry = cache.add(body, start, end, 0, refOf(name));
    cache.lastSeen[entry] = pass;
    cache.next[previous] = entry;
    previous = entry;
    return cache.refs[entry]!;
  });
}

test('a scan finds every known series, whatever comes before it, also after entries were evicted', () => {
  const name = fc.nat(30).map((i) => (i % 3 === 0 ? `m${i}` : `m{i="${i}",j="${'x'.repeat(i)}"}`));
  fc.assert(
    fc.property(fc.array(fc.array(name, { maxLength: 20 }), { maxLength: 10 }), fc.nat(4), (scrapes, evictEvery) => {
      const cache = new SeriesCache(7);
      const refs = new Map<string, number>();
      const refOf = (text: string) => {
        if (!refs.has(text)) refs.set(text, refs.size + 1);
        return refs.get(text)!;
      };
      scrapes.forEach((names, index) => {
        expect(meet(cache, names, refOf, index + 1)).toEqual(names.map(refOf));
        if (evictEvery > 0 && index % evictEvery === 0) cache.evict(index + 1);
      });
    }),
    { numRuns: 500 },
  );
});

test('a name that begins like another with labels is not taken for it', () => {
  const cache = new SeriesCache(7);
  const refs = new Map([
    ['a', 1],
    ['a {b="c"}', 2],
    ['a{b="c"}', 3],
    ['ab', 4],
  ]);
  const refOf = (name: string) => refs.get(name)!;
  const names = [...refs.keys()];
  for (let first = 0; first < names.length; first++) {
    for (let second = 0; second < names.length; second++) {
      const pair = [names[first]!, names[second]!];
      expect(meet(cache, pair, refOf, 1)).toEqual(pair.map(refOf));
      // The guess for the first row is now the first name; every other name must not match it.
      for (const other of names) expect(meet(cache, [other], refOf, 1)).toEqual([refOf(other)]);
    }
  }
});

test('key() gives an entry back as it was read', () => {
  const cache = new SeriesCache(7);
  const body = bodyOf(['a{b="é"}']);
  parseTextBody(body, rows, cache);
  const entry = cache.add(body, rows.seriesStart[0]!, rows.seriesEnd[0]!, 3, 9);
  const found = [Buffer.from(cache.key(entry)).toString(), cache.kinds[entry], cache.refs[entry]];
  expect(found).toEqual(['a{b="é"}', 3, 9]);
});

test('prune() keeps memory in proportion to the live series', () => {
  const cache = new SeriesCache(7);
  const many = Array.from({ length: 20_000 }, (_, i) => `metric{number="${i}"}`);
  meet(cache, many, () => 1, 1);
  const full = cache.byteSize;
  meet(cache, many.slice(0, 100), () => 1, 2);
  cache.prune(2);
  expect([cache.count, cache.byteSize < full / 50]).toEqual([100, true]);
  expect(meet(cache, many.slice(0, 3), () => -1, 3)).toEqual([1, 1, 1]);
});
