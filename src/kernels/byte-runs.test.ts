import fc from 'fast-check';
import { expect, test } from 'vitest';
import { commonLength, copyRun } from './byte-runs.ts';

function viewOf(bytes: Uint8Array): DataView {
  return new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
}

const bytes = fc.uint8Array({ maxLength: 40, max: 3 });

test('commonLength() counts equal bytes at any offset', () => {
  fc.assert(
    fc.property(bytes, bytes, fc.nat(5), fc.nat(5), (left, right, before, after) => {
      const a = Uint8Array.from([...new Uint8Array(before), ...left]);
      const b = Uint8Array.from([...new Uint8Array(after), ...right]);
      const length = Math.min(left.length, right.length);
      let expected = 0;
      while (expected < length && left[expected] === right[expected]) expected++;
      expect(commonLength(viewOf(a), before, viewOf(b), after, length)).toBe(expected);
    }),
  );
});

test('commonLength() tells apart what is the same number, and finds equal what is none', () => {
  const of = (...words: number[]) => new DataView(Uint32Array.from(words).buffer);
  expect(commonLength(of(1, 0, 0, 1), 0, of(1, 0, 0x80000000, 1), 0, 16)).toBe(8 + 3);
  expect(commonLength(of(0, 0, 0), 0, of(0, 0x80000000, 0), 0, 12)).toBe(7);
  expect(commonLength(of(7, 0x7ff80000, 5), 0, of(7, 0x7ff80000, 6), 0, 12)).toBe(8);
});

test('copyRun() copies as set() does and touches nothing beside', () => {
  fc.assert(
    fc.property(bytes, fc.nat(5), fc.nat(5), (run, before, after) => {
      const source = Uint8Array.from([...new Uint8Array(before).fill(9), ...run, 9]);
      const target = new Uint8Array(after + run.length + 3).fill(7);
      const expected = target.slice();
      expected.set(run, after);
      copyRun(viewOf(source), before, viewOf(target), after, run.length);
      expect([...target]).toEqual([...expected]);
    }),
  );
});
