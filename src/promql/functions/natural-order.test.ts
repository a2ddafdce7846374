import fc from 'fast-check';
import { expect, it } from 'vitest';
import { compareUtf8 } from '../../model/utf8.ts';
import { isNaturallyLess } from './natural-order.ts';

/** The same, with all runs of both texts. */
function isNaturallyLessByRuns(a: string, b: string): boolean {
  const x = a.match(/\d+|\D+/g) ?? [];
  const y = b.match(/\d+|\D+/g) ?? [];
  for (let i = 0; i < x.length; i++) {
    if (i >= y.length) return false;
    const order = areNumbers(x[i]!, y[i]!) ? Number(BigInt(x[i]!) - BigInt(y[i]!)) : compareUtf8(x[i]!, y[i]!);
    if (order !== 0) return order < 0;
    if (i === x.length - 1) return true;
    if (i === y.length - 1) return false;
  }
  return false;
}

function areNumbers(...runs: string[]): boolean {
  return runs.every((run) => /^\d/.test(run) && BigInt(run) < 2n ** 63n);
}

it('isNaturallyLess() compares run by run', () => {
  const part = fc.constantFrom(
    'a',
    'b',
    '0',
    '00',
    '1',
    '12',
    '9',
    'é',
    '\ue000',
    '\u{10000}',
    '9223372036854775807',
    '8',
  );
  const text = fc.array(part, { maxLength: 8 }).map((parts) => parts.join(''));
  const check = (a: string, b: string) => {
    expect(isNaturallyLess(a, b)).toBe(isNaturallyLessByRuns(a, b));
  };
  fc.assert(fc.property(text, text, check), { numRuns: 2000 });
  // Most pairs differ at once; these have a beginning in common.
  fc.assert(
    fc.property(text, text, text, (begin, a, b) => check(begin + a, begin + b)),
    { numRuns: 2000 },
  );
});

it('isNaturallyLess() takes texts of a million runs', () => {
  const long = 'a01'.repeat(300_000);
  expect(isNaturallyLess(`${long}2`, `${'a1'.repeat(300_000)}3`)).toBe(true);
  expect(isNaturallyLess(`${long}3`, `${long}2`)).toBe(false);
});
