import fc from 'fast-check';
import { expect, test } from 'vitest';
import { goFloatCompact, goFloatFixed, goFloatFromText, goFloatPlain, goFloatSignificant } from './go-float.ts';

test('goFloatPlain() never writes an exponent', () => {
  expect(goFloatPlain(1e21)).toBe('1000000000000000000000');
  expect(goFloatPlain(-1.25e-8)).toBe('-0.0000000125');
  expect(goFloatPlain(1.5e22)).toBe('15000000000000000000000');
  expect(goFloatPlain(0.1)).toBe('0.1');
  expect(goFloatPlain(-0)).toBe('-0');
  expect(goFloatPlain(Number.NaN)).toBe('NaN');
  expect(goFloatPlain(Number.POSITIVE_INFINITY)).toBe('+Inf');
  expect(goFloatPlain(Number.NEGATIVE_INFINITY)).toBe('-Inf');
});

test('goFloatPlain() reads back as the same number', () => {
  fc.assert(
    fc.property(fc.double({ noNaN: true, noDefaultInfinity: true }), (value) => {
      const text = goFloatPlain(value);
      expect(text).toMatch(/^-?\d+(\.\d+)?$/);
      expect(Object.is(Number(text), value)).toBe(true);
    }),
  );
});

test('goFloatCompact() writes exponents of two digits where Go does', () => {
  expect(goFloatCompact(1e-5)).toBe('1e-05');
  expect(goFloatCompact(0.0001)).toBe('0.0001');
  expect(goFloatCompact(999999.5)).toBe('999999.5');
  expect(goFloatCompact(1000000)).toBe('1e+06');
  expect(goFloatCompact(1234567)).toBe('1.234567e+06');
  expect(goFloatCompact(-2.5e21)).toBe('-2.5e+21');
  expect(goFloatCompact(1e100)).toBe('1e+100');
  expect(goFloatCompact(0)).toBe('0');
  expect(goFloatCompact(-0)).toBe('-0');
  expect(goFloatCompact(100000)).toBe('100000');
  expect(goFloatCompact(Infinity)).toBe('+Inf');
});

test('goFloatFixed() keeps all digits before the point', () => {
  expect(goFloatFixed(1.5, 3)).toBe('1.500');
  expect(goFloatFixed(-0, 6)).toBe('-0.000000');
  expect(goFloatFixed(1e22, 1)).toBe('10000000000000000000000.0');
  expect(goFloatFixed(Number.NaN, 6)).toBe('NaN');
});

/** Numbers that lie between two texts go to the even digit. */
test.each([
  [0.0078125, 6, '0.007812'],
  [-0.0234375, 6, '-0.023438'],
  [0.0234376, 6, '0.023438'],
  [2.5, 0, '2'],
  [9.5, 0, '10'],
  [0.25, 1, '0.2'],
  [1.0005, 3, '1.000'],
])('goFloatFixed(%d, %i)', (value, digits, text) => {
  expect(goFloatFixed(value, digits)).toBe(text);
});

test.each([
  [825, 2, '8.2e+02'],
  [835, 2, '8.4e+02'],
  [205, 2, '2e+02'],
  [0.125, 2, '0.12'],
  [-8.5, 1, '-8'],
  [9.95, 2, '9.9'],
  [99.5, 2, '1e+02'],
  [2.5e22, 1, '2e+22'],
  [0.00010234, 2, '0.0001'],
  [1.5e-7, 2, '1.5e-07'],
  [-0, 2, '-0'],
  [Number.POSITIVE_INFINITY, 2, '+Inf'],
])('goFloatSignificant(%d, %i)', (value, digits, text) => {
  expect(goFloatSignificant(value, digits)).toBe(text);
});

test('goFloatFromText() takes what Go takes', () => {
  expect(goFloatFromText('.5')).toBe(0.5);
  expect(goFloatFromText('5.')).toBe(5);
  expect(goFloatFromText('+1E-2')).toBe(0.01);
  expect(goFloatFromText('-infinity')).toBe(-Infinity);
  expect(goFloatFromText('nAn')).toBeNaN();
  expect(goFloatFromText('.')).toBeNull();
  expect(goFloatFromText('e5')).toBeNull();
});

test.each([
  ['1_000', 1000],
  ['1_2.5_0e+1_0', 12.5e10],
  ['0x10p0', 16],
  ['-0x_1.8p1', -3],
  ['0x.8p-1', 0.25],
  ['0X1P-2', 0.25],
  ['0x1_0p0', 16],
  ['0x10', null],
  ['0xp1', null],
  ['0x.p1', null],
  ['1__0', null],
  ['_1', null],
  ['1_', null],
  ['1_.5', null],
  ['1._5', null],
  ['+nan', null],
  ['1e400', null],
  ['0x1p2000', null],
])('goFloatFromText(%j) is %s', (text, expected) => {
  expect(goFloatFromText(text)).toBe(expected);
});
