import fc from 'fast-check';
import { expect, test } from 'vitest';
import { SeriesCache } from './series-cache.ts';

const OPTIONS = { periodMs: 1000, bytesMax: 1 << 26, hashSeed: 3 };

function keyOf(text: string): { view: DataView; length: number } {
  const bytes = new TextEncoder().encode(text);
  return { view: new DataView(bytes.buffer), length: bytes.length };
}

function lookUp(cache: SeriesCache, text: string): number {
  const { view, length } = keyOf(text);
  return cache.find(view, 0, length);
}

function remember(cache: SeriesCache, text: string, ref: number): void {
  const { view, length } = keyOf(text);
  cache.set(view, 0, length, ref);
}

test('a cache behaves like a map, in any order of requests', () => {
  const key = fc.integer({ min: 0, max: 60 }).map((n) => `series ${n} ${'x'.repeat(n)}`);
  const requests = fc.array(fc.array(key, { maxLength: 20 }), { maxLength: 20 });
  fc.assert(
    fc.property(requests, (list) => {
      const cache = new SeriesCache(OPTIONS, 0);
      const expected = new Map<string, number>();
      let nextRef = 1;
      for (const request of list) {
        cache.begin(0);
        const missed: string[] = [];
        for (const text of request) {
          expect(lookUp(cache, text)).toBe(expected.get(text) ?? -1);
          if (!expected.has(text)) missed.push(text);
        }
        for (const text of missed) {
          const ref = expected.get(text) ?? nextRef++;
          expected.set(text, ref);
          remember(cache, text, ref);
        }
      }
    }),
  );
});

test('what is not asked for in two periods is forgotten, the rest stays', () => {
  const cache = new SeriesCache(OPTIONS, 0);
  cache.begin(0);
  remember(cache, 'kept', 1);
  remember(cache, 'left', 2);
  for (const now of [1000, 2000, 3000]) {
    cache.begin(now);
    expect(lookUp(cache, 'kept')).toBe(1);
  }
  expect(lookUp(cache, 'left')).toBe(-1);
  expect(cache.size).toBeLessThanOrEqual(2);
});

test('a ref can be replaced', () => {
  const cache = new SeriesCache(OPTIONS, 0);
  remember(cache, 'a', 1);
  remember(cache, 'a', 9);
  expect(lookUp(cache, 'a')).toBe(9);
});

test('keys fill pages and tables without being lost', () => {
  const cache = new SeriesCache(OPTIONS, 0);
  const text = (i: number): string => `${i}:${'k'.repeat(300)}`;
  for (let i = 1; i <= 20_000; i++) remember(cache, text(i), i);
  for (let i = 1; i <= 20_000; i += 7) expect(lookUp(cache, text(i))).toBe(i);
});

test('a key longer than a page is not kept, and does no harm', () => {
  const cache = new SeriesCache(OPTIONS, 0);
  const long = 'x'.repeat(2_000_000);
  remember(cache, long, 1);
  remember(cache, 'short', 2);
  expect(lookUp(cache, long)).toBe(-1);
  expect(lookUp(cache, 'short')).toBe(2);
});

test('label bytes beyond the limit make the cache start over', () => {
  const cache = new SeriesCache({ ...OPTIONS, bytesMax: 4 << 20 }, 0);
  for (let i = 0; i < 40; i++) {
    cache.begin(0);
    for (let k = 0; k < 1000; k++) remember(cache, `${i}.${k}${'y'.repeat(500)}`, 1);
  }
  expect(cache.size).toBeLessThan(12_000);
});
