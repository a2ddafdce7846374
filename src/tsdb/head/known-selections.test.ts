import { describe, expect, it } from 'vitest';
import type { Matcher } from '../../model/matcher.ts';
import { KnownSelections } from './known-selections.ts';

const named = (value: string): Matcher[] => [{ type: '=', name: '__name__', value }];

describe('KnownSelections', () => {
  it('gives what was chosen and listed, as long as no series comes or goes', () => {
    const known = new KnownSelections();
    const selection = known.add(1, named('a'), Uint32Array.of(1, 2));
    known.addTexts(1, 'names', named('a'), ['x']);
    expect(known.get(1, named('a'))).toBe(selection);
    expect(known.get(1, named('b'))).toBeUndefined();
    expect(known.texts(1, 'names', named('a'))).toEqual(['x']);
    expect(known.texts(1, 'values', named('a'))).toBeUndefined();
    expect(known.get(2, named('a'))).toBeUndefined();
    expect(known.texts(2, 'names', named('a'))).toBeUndefined();
  });

  it('tells selections apart by every name, kind and value', () => {
    const known = new KnownSelections();
    known.add(1, [{ type: '=', name: 'a', value: 'b1:c=1:d' }], Uint32Array.of(1));
    expect(known.get(1, [...named('x'), { type: '=', name: 'a', value: 'b' }])).toBeUndefined();
    expect(known.get(1, [{ type: '!=', name: 'a', value: 'b1:c=1:d' }])).toBeUndefined();
  });

  it('keeps neither long lists nor what long matchers choose', () => {
    const known = new KnownSelections();
    expect(known.add(1, named('a'), new Uint32Array(5000))).toBeNull();
    const long = named('x'.repeat(100_000));
    expect(known.add(1, long, Uint32Array.of(1))).toBeNull();
    expect(known.get(1, long)).toBeUndefined();
    known.addTexts(1, 'names', long, ['x']);
    expect(known.texts(1, 'names', long)).toBeUndefined();
  });

  it('keeps so many rows and entries at the most', () => {
    const known = new KnownSelections();
    for (let i = 0; i < 2000; i++) known.add(1, named(`a${i}`), new Uint32Array(100));
    const left = Array.from({ length: 2000 }, (_, i) => known.get(1, named(`a${i}`))).filter(
      (each) => each !== undefined,
    );
    expect(left.length).toBeGreaterThan(0);
    expect(left.length).toBeLessThanOrEqual(512);
  });
});
