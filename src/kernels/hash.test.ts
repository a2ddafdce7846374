import fc from 'fast-check';
import { expect, test } from 'vitest';
import { equalBytes, hashBytes } from './hash.ts';

function viewOf(bytes: Uint8Array): DataView {
  return new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
}

test('equalBytes() agrees with Buffer.equals at any offset', () => {
  const bytes = fc.uint8Array({ maxLength: 40 });
  fc.assert(
    fc.property(bytes, bytes, fc.nat(5), fc.nat(5), fc.boolean(), (a, b, before, after, same) => {
      const right = same ? a : b;
      const length = Math.min(a.length, right.length);
      const x = new Uint8Array([...new Uint8Array(before), ...a]);
      const y = new Uint8Array([...new Uint8Array(after), ...right]);
      const expected = Buffer.from(a.subarray(0, length)).equals(right.subarray(0, length));
      expect(equalBytes(viewOf(x), before, viewOf(y), after, length)).toBe(expected);
    }),
  );
});

test('hashBytes() depends on the bytes alone, not on where they lie', () => {
  fc.assert(
    fc.property(fc.uint8Array({ maxLength: 40 }), fc.nat(9), fc.integer(), (bytes, before, seed) => {
      const moved = new Uint8Array([...new Uint8Array(before).fill(7), ...bytes, 9]);
      expect(hashBytes(viewOf(moved), before, bytes.length, seed)).toBe(
        hashBytes(viewOf(bytes), 0, bytes.length, seed),
      );
    }),
  );
});

test('hashBytes() spreads similar keys over a table', () => {
  const slots = new Set<number>();
  for (let i = 0; i < 4096; i++) {
    const key = Buffer.from(`metric{shard="${i}"}`);
    slots.add(hashBytes(viewOf(key), 0, key.length, 1) & 4095);
  }
  // Throwing 4096 balls into 4096 boxes hits about 1 - 1/e of them.
  expect(slots.size).toBeGreaterThan(2450);
});

test('hashBytes() differs with the seed', () => {
  const key = viewOf(Buffer.from('up'));
  expect(hashBytes(key, 0, 2, 1)).not.toBe(hashBytes(key, 0, 2, 2));
});
