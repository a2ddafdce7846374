import { describe, expect, it } from 'vitest';
import { labelsFromObject } from '../model/labels.ts';
import { listToKeep } from './list-to-keep.ts';

const of = (units: number) => () => labelsFromObject({ a: 'x'.repeat(units - 1) });

describe('listToKeep()', () => {
  it('gives the label sets in order', () => {
    const sets = ['x', 'y', 'z'].map((a) => labelsFromObject({ a }));
    expect(listToKeep(3, (row) => sets[row]!)).toEqual(sets);
    expect(listToKeep(0, of(1))).toEqual([]);
  });

  it('gives nothing where texts are long, and stops there', () => {
    expect(listToKeep(1000, of(1024))?.length).toBe(1000);
    expect(listToKeep(1000, of(1025))).toBeNull();
    let rows = 0;
    const long = () => {
      rows++;
      return of(100_000)();
    };
    expect(listToKeep(1000, long)).toBeNull();
    expect(rows).toBe(11);
  });

  it('gives a short list whatever its texts are', () => {
    expect(listToKeep(2, of(32_768))?.length).toBe(2);
    expect(listToKeep(2, of(32_769))).toBeNull();
  });
});
