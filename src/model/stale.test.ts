import { expect, test } from 'vitest';
import { isStale, writeNormalNaN, writeStale } from './stale.ts';

function column(length: number): { values: Float64Array; bits: Uint32Array } {
  const values = new Float64Array(length);
  return { values, bits: new Uint32Array(values.buffer) };
}

test('the staleness marker is a NaN that only its bits tell from others', () => {
  const { values, bits } = column(3);
  writeStale(bits, 0);
  writeNormalNaN(bits, 1);
  values[2] = Number.NaN;
  expect([...values].every(Number.isNaN)).toBe(true);
  expect([isStale(bits, 0), isStale(bits, 1), isStale(bits, 2)]).toEqual([true, false, false]);
  expect(new DataView(values.buffer).getBigUint64(0, true)).toBe(0x7ff0000000000002n);
  expect(new DataView(values.buffer).getBigUint64(8, true)).toBe(0x7ff8000000000001n);
});

test('the marker survives copies between typed arrays', () => {
  const from = column(2);
  writeStale(from.bits, 1);
  const to = column(2);
  to.values.set(from.values);
  expect(isStale(to.bits, 1)).toBe(true);
  expect(isStale(new Uint32Array(structuredClone(from.values).buffer), 1)).toBe(true);
});
