import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import {
  NUMBER_BYTES_MAX,
  writeInteger,
  writePlainNumber,
  writeSampleNumber,
  writeTimestamp,
} from './format-number.ts';

type Writer = (bytes: Uint8Array, at: number, value: number) => number;

function written(write: Writer, value: number): string {
  const bytes = new Uint8Array(NUMBER_BYTES_MAX);
  const end = write(bytes, 0, value);
  return Buffer.from(bytes.subarray(0, end)).toString('latin1');
}

describe('writeSampleNumber()', () => {
  test.each([
    [0, '0'],
    [-0, '-0'],
    [1, '1'],
    [-1.5, '-1.5'],
    [Number.NaN, 'NaN'],
    [Infinity, '+Inf'],
    [-Infinity, '-Inf'],
    [1e-6, '0.000001'],
    [9.99e-7, '9.99e-07'],
    [1e-7, '1e-07'],
    [-1.5e-9, '-1.5e-09'],
    [1e20, '100000000000000000000'],
    [1e21, '1e+21'],
    [1.5e300, '1.5e+300'],
    [5e-324, '5e-324'],
    [0.1, '0.1'],
    [0.30000000000000004, '0.30000000000000004'],
    [1 / 3, '0.3333333333333333'],
    [2 ** 53, '9007199254740992'],
    [999999999999999, '999999999999999'],
    [123456789.125, '123456789.125'],
    [0.000123, '0.000123'],
  ])('writes %d as Go does', (value, text) => {
    expect(written(writeSampleNumber, value)).toBe(text);
  });

  test('reads back as the same number, with no more digits than V8 needs', () => {
    const doubles = fc.oneof(
      fc.double(),
      fc.integer().map((n) => n / 1000),
      fc.tuple(fc.maxSafeInteger(), fc.integer({ min: 0, max: 20 })).map(([n, k]) => n / 10 ** k),
    );
    fc.assert(
      fc.property(doubles, (value) => {
        const text = written(writeSampleNumber, value);
        const back = Number(text.replace('Inf', 'Infinity'));
        expect(back).toBe(value);
        const digits = (s: string) =>
          s
            .replace(/e.*$/, '')
            .replace(/[-.]/g, '')
            .replace(/^0+|0+$/g, '').length;
        if (Number.isFinite(value)) expect(digits(text)).toBe(digits(String(value)));
      }),
      { numRuns: 5000 },
    );
  });
});

describe('writePlainNumber()', () => {
  test.each([
    [1e21, '1000000000000000000000'],
    [1.25e22, '12500000000000000000000'],
    [-1.5e-7, '-0.00000015'],
    [5e-324, `0.${'0'.repeat(323)}5`],
    [0.25, '0.25'],
  ])('writes %d without exponent', (value, text) => {
    expect(written(writePlainNumber, value)).toBe(text);
  });

  test('fits into NUMBER_BYTES_MAX and reads back', () => {
    fc.assert(
      fc.property(fc.double({ noNaN: true, noDefaultInfinity: true }), (value) => {
        const text = written(writePlainNumber, value);
        expect(text).not.toContain('e');
        expect(Number(text)).toBe(value);
      }),
    );
  });
});

describe('writeInteger() and writeTimestamp()', () => {
  test('write what String() writes', () => {
    fc.assert(
      fc.property(fc.maxSafeNat(), (n) => {
        expect(written(writeInteger, n)).toBe(String(n));
      }),
    );
  });

  test.each([
    [0, '0'],
    [1435781451781, '1435781451.781'],
    [1435781451000, '1435781451'],
    [5, '0.005'],
    [1050, '1.050'],
    [-1500, '-1.500'],
  ])('writes %d ms as seconds', (time, text) => {
    expect(written(writeTimestamp, time)).toBe(text);
  });
});
