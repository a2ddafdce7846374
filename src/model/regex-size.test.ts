import { RE2JS } from 're2js';
import { describe, expect, test } from 'vitest';
import { compileRegex, RegexSyntaxError } from './regex.ts';
import { regexSize } from './regex-size.ts';

describe('regexSize()', () => {
  test.each([
    'a',
    'abc|d[e-g]+h?',
    '(a|b(c|d){3}){10}x',
    '.{1000}',
    '(?:[^\\]a]{5}\\d\\pL\\p{Greek}\\x{41}){7}',
    '\\Qa.b*c\\E{3}',
    '(?P<name>a{0,100}){1,10}',
    '[[:alpha:]\\]]{50}',
  ])('%s is about as large as what it compiles to', (pattern) => {
    const compiled = RE2JS.compile(pattern).programSize();
    const size = regexSize(pattern) as number;
    expect(size).toBeGreaterThan(compiled / 3 - 5);
    expect(size).toBeLessThan(3 * compiled + 20);
  });

  test.each(['a{1001}', '(a{100}){11}', '((a{10}){20}){10}'])('%s is more than RE2 takes', (pattern) => {
    expect(regexSize(pattern)).toBe('invalid');
    expect(() => compileRegex(pattern)).toThrow('invalid repeat count');
  });

  test('a long pattern takes linear time', () => {
    expect(regexSize('(a{2}|\\Qb'.repeat(100_000))).toBeGreaterThan(100_000);
  });
});

describe('compileRegex()', () => {
  test('refuses what would take long to compile and to match', () => {
    const large = Array.from({ length: 5000 }, (_, i) => `.*${i}x?`).join('|');
    expect(() => compileRegex(large)).toThrow(RegexSyntaxError);
    expect(() => compileRegex(large)).toThrow(/^error parsing regexp: expression too large: .* the limit is 6000$/);
    expect(() => compileRegex('.{0,1000}'.repeat(20))).toThrow('expression too large');
  });

  test('refuses Unicode classes that would take seconds to read', () => {
    for (const pattern of [
      `[${'\\pL\\pN'.repeat(5000)}]x`,
      '\\pL'.repeat(2000),
      `(?i)${'\\PL'.repeat(400)}`,
      '\\pL{1000}'.repeat(4),
    ]) {
      expect(() => compileRegex(pattern)).toThrow('expression too large');
    }
    expect(compileRegex('[\\pL\\pN_]{1,63}').matches('Größe_1')).toBe(true);
  });

  test('groups in groups without end are refused before they are read', () => {
    for (const text of ['('.repeat(100_000), '(a|'.repeat(100_000), `${'('.repeat(100_000)}${')'.repeat(100_000)}`]) {
      expect(() => compileRegex(text)).toThrow('expression too large');
    }
    expect(() => compileRegex(`${'('.repeat(1500)}${')'.repeat(1500)}`)).toThrow('nests too deeply');
  });

  test('a chain of gaps without end is refused, and not unfolded', () => {
    expect(() => compileRegex('.*a'.repeat(300_000))).toThrow('expression too large');
    expect(compileRegex('.*a'.repeat(400)).matches('ba'.repeat(400))).toBe(true);
  });

  test('a glob of many texts is not looked for in a long value', () => {
    const { matches } = compileRegex(Array.from({ length: 20_000 }, (_, i) => `.*${i}.*`).join('|'));
    expect(matches('a'.repeat(100))).toBe(false);
    expect(() => matches('a'.repeat(100_000))).toThrow('too large for a label value');
  });

  test('takes as many literals as there are', () => {
    const { matches } = compileRegex(Array.from({ length: 20_000 }, (_, i) => `host-${i}\\.example`).join('|'));
    expect([matches('host-19999.example'), matches('host-20000.example')]).toEqual([true, false]);
  });
});
