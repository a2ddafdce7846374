import fc from 'fast-check';
import { expect, test } from 'vitest';
import { goFloatCompact, goFloatFixed, goFloatPlain } from './go-float.ts';

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
});

test('goFloatFixed() keeps all digits before the point', () => {
  expect(goFloatFixed(1.5, 3)).toBe('1.500');
  expect(goFloatFixed(1e22, 1)).toBe('10000000000000000000000.0');
  expect(goFloatFixed(Number.NaN, 6)).toBe('NaN');
});
