import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import {
  NUMBER_BYTES_MAX,
  writeInteger,
  writePlainNumber,
  writeSampleNumber,
  writeTimestamp,
} from './format-number.ts';

type Writer = (bytes: Uint8Array, view: DataView, at: number, value: number) => number;

function written(write: Writer, value: number): string {
  const bytes = new Uint8Array(NUMBER_BYTES_MAX);
  const end = write(bytes, new DataView(bytes.buffer), 0, value);
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

describe('writeSampleNumber() on many numbers', () => {
  /** What V8 writes, in Go's spelling of exponents. */
  function plain(value: number): string {
    if (value === 0) return Object.is(value, -0) ? '-0' : '0';
    return String(value)
      .replace(/^(-?)Infinity$/, (_, sign) => (sign === '' ? '+Inf' : '-Inf'))
      .replace(/e([+-])(\d)$/, 'e$10$2');
  }

  /** The first of `count` numbers from a generator that is written in another way than V8 writes it. */
  function firstDifferent(count: number, next: (random: () => number) => number, seed: number): string | null {
    let state = seed | 1;
    const random = (): number => {
      state ^= state << 13;
      state ^= state >>> 17;
      state ^= state << 5;
      return (state >>> 0) / 2 ** 32;
    };
    for (let i = 0; i < count; i++) {
      const value = next(random);
      const text = written(writeSampleNumber, value);
      if (text !== plain(value)) return `${plain(value)} is written as ${text}`;
    }
    return null;
  }

  const bits = new Uint32Array(2);
  const double = new Float64Array(bits.buffer);
  const digitsAndPlaces = (random: () => number): number =>
    Number(`${Math.floor(random() * 10 ** (1 + Math.floor(17 * random())))}e-${Math.floor(23 * random())}`);
  const neighbour = (value: number, ulps: number): number => {
    double[0] = value;
    bits[0]! += ulps;
    return double[0];
  };

  const generators: readonly (readonly [string, (random: () => number) => number])[] = [
    [
      'any bits',
      (random) => {
        bits[0] = random() * 2 ** 32;
        bits[1] = random() * 2 ** 32;
        return double[0]!;
      },
    ],
    ['from 2^-21 to 2^51', (random) => (1 + random() + random() * 2 ** -32) * 2 ** Math.floor(72 * random() - 21)],
    ['decimals', digitsAndPlaces],
    ['neighbours of decimals', (random) => neighbour(digitsAndPlaces(random), Math.floor(5 * random()) - 2)],
    ['fractions', (random) => Math.floor(2000 * random() - 1000) / Math.floor(1 + 1000 * random())],
    ['binary fractions', (random) => Math.floor(2 ** 53 * random()) / 2 ** Math.floor(50 * random())],
    ['neighbours of powers of ten', (random) => neighbour(10 ** Math.floor(40 * random() - 20), 9 * random() - 4)],
    ['neighbours of powers of two', (random) => neighbour(2 ** Math.floor(140 * random() - 70), 9 * random() - 4)],
  ];

  test.each(generators)('%s are written as V8 does', (_, next) => {
    fc.assert(
      fc.property(fc.integer(), (seed) => {
        expect(firstDifferent(4000, next, seed)).toBeNull();
      }),
      { numRuns: 25 },
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
        expect(written((_, view, at, value) => writeInteger(view, at, value), n)).toBe(String(n));
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
