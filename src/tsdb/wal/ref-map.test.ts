import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { REF_LIMIT, RefMap } from './ref-map.ts';

describe('RefMap', () => {
  it('takes runs of refs, over pages, and refuses one that is there', () => {
    const map = new RefMap();
    expect(map.setRun(1000, 5, 3000)).toBe(true);
    expect([999, 1000, 1023, 1024, 3999, 4000].map((ref) => map.row(ref))).toEqual([-1, 5, 28, 29, 3004, -1]);
    expect(map.setRun(3999, 9000, 2)).toBe(false);
    expect(map.setRun(REF_LIMIT - 1, 0, 2)).toBe(false);
    expect(map.setRun(0.5, 0, 1)).toBe(false);
    for (let ref = 1000; ref < 4000; ref++) map.delete(ref);
    expect(map.row(2000)).toBe(-1);
  });

  it('keeps what a plain map keeps', () => {
    fc.assert(
      fc.property(fc.array(fc.tuple(ref, fc.nat(5000), fc.boolean()), { maxLength: 500, size: 'max' }), (steps) => {
        const refs = new RefMap();
        const plain = new Map<number, number>();
        for (const [at, row, isSet] of steps) {
          if (isSet) {
            refs.set(at, row);
            plain.set(at, row);
          } else {
            refs.delete(at);
            plain.delete(at);
          }
          expect(refs.row(at)).toBe(plain.get(at) ?? -1);
        }
        for (const [at] of steps) expect(refs.row(at)).toBe(plain.get(at) ?? -1);
        const asked = Float64Array.from([...steps.map(([at]) => at), 0.5, Number.NaN, -1, REF_LIMIT]);
        const rows = new Uint32Array(asked.length + 1);
        refs.writeRows(asked, 0, asked.length, rows, 1);
        expect([...rows.subarray(1)]).toEqual([...asked].map((at) => (plain.get(at) ?? -1) >>> 0));
      }),
      { numRuns: 50 },
    );
  });

  it('does not know what can not be a ref', () => {
    const refs = new RefMap();
    refs.set(1, 0);
    refs.set(REF_LIMIT - 1, 7);
    expect(refs.row(REF_LIMIT - 1)).toBe(7);
    for (const at of [-1, 0, 1.5, Number.NaN, REF_LIMIT, 2 ** 53, Number.POSITIVE_INFINITY, -0.5]) {
      expect(refs.row(at)).toBe(-1);
    }
  });
});

const ref = fc.oneof(
  fc.integer({ min: 1, max: 40 }),
  fc.integer({ min: 1, max: 5000 }),
  fc.integer({ min: 2 ** 22 - 3, max: 2 ** 22 + 3 }),
  fc.integer({ min: 2 ** 30, max: 2 ** 30 + 5 }),
);
