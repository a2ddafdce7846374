import fc from 'fast-check';
import { expect, test } from 'vitest';
import { NOT_SHORT_DECIMAL, parseDecimal } from './parse-number.ts';

const out = new Float64Array(1);

function check(text: string): void {
  const bytes = Buffer.from(`${text}\n`);
  const stop = parseDecimal(bytes, 0, out, 0);
  if (stop === NOT_SHORT_DECIMAL) return;
  expect(stop).toBe(text.length);
  expect(out[0]).toBe(Number(text));
}

/** True where the kernel must not leave the number to its caller. */
function isTaken(text: string): boolean {
  return parseDecimal(Buffer.from(`${text}\n`), 0, out, 0) !== NOT_SHORT_DECIMAL;
}

test('parseDecimal() gives what Number gives for any decimal that it takes', () => {
  const digits = fc.stringMatching(/^\d{0,20}$/);
  const exponent = fc.option(fc.tuple(fc.constantFrom('e', 'E', 'e+', 'e-'), fc.integer({ min: 0, max: 400 })));
  fc.assert(
    fc.property(fc.constantFrom('', '-', '+'), digits, fc.option(digits), exponent, (sign, whole, fraction, power) => {
      fc.pre(whole !== '' || (fraction ?? '') !== '');
      check(`${sign}${whole}${fraction === null ? '' : `.${fraction}`}${power === null ? '' : power.join('')}`);
    }),
    { numRuns: 20_000 },
  );
});

test('parseDecimal() reads back what JavaScript and Go print for any double', () => {
  fc.assert(
    fc.property(fc.double({ noNaN: true, noDefaultInfinity: true }), (value) => {
      check(String(value));
      check(value.toExponential());
    }),
    { numRuns: 20_000 },
  );
});

test('parseDecimal() rounds numbers of 16 to 18 digits right at the border between two doubles', () => {
  fc.assert(
    fc.property(fc.bigInt(2n ** 53n, 10n ** 18n - 1n), fc.integer({ min: 0, max: 22 }), (digits, shift) => {
      check(`${digits}e-${shift}`);
      check(`0.${'0'.repeat(shift % 5)}${digits}`);
    }),
    { numRuns: 20_000 },
  );
});

test('parseDecimal() takes usual numbers itself', () => {
  for (const text of [
    '0',
    '-0',
    '1',
    '17.5',
    '1e+06',
    '1.7323456789012e+09',
    '0.0012340123456789',
    '123456789012345678',
  ])
    expect([text, isTaken(text)]).toEqual([text, true]);
});

test('parseDecimal() leaves texts that are no short decimals to its caller', () => {
  for (const text of ['', '.', '-', 'e5', '1e', '1e+', 'NaN', 'Inf', '+Inf', '0.1e-99999', '1234567890123456789'])
    expect([text, isTaken(text)]).toEqual([text, false]);
});

test('parseDecimal() stops where the number stops', () => {
  for (const [text, stop] of [
    ['1 2', 1],
    ['1.5.2', 3],
    ['0x10', 1],
    ['1_0', 1],
    ['12}', 2],
  ] as const)
    expect([text, parseDecimal(Buffer.from(`${text}\n`), 0, out, 0)]).toEqual([text, stop]);
});
