import fc from 'fast-check';
import { RE2JS } from 're2js';
import { describe, expect, it } from 'vitest';
import { compileRegex, RegexSyntaxError } from './regex.ts';
import { globsFromPattern } from './regex-globs.ts';

describe('compileRegex()', () => {
  it('matches as the plain engine does', () => {
    fc.assert(
      fc.property(pattern, fc.array(text, { minLength: 1, maxLength: 8 }), (source, values) => {
        const engine = RE2JS.compile(source, RE2JS.DOTALL);
        const regex = compileRegex(source);
        for (const value of [...values, '', source]) {
          expect([source, value, regex.matches(value)]).toEqual([source, value, engine.matches(value)]);
        }
        expect(regex.matchesEmpty).toBe(engine.matches(''));
      }),
      { numRuns: 3000 },
    );
  });

  it('knows all strings of a pattern of literals, and what matches begin with', () => {
    fc.assert(
      fc.property(pattern, fc.array(text, { maxLength: 8 }), (source, values) => {
        const regex = compileRegex(source);
        for (const value of regex.setMatches ?? []) expect(regex.matches(value)).toBe(true);
        for (const value of values) {
          if (regex.setMatches !== null) expect(regex.setMatches.includes(value)).toBe(regex.matches(value));
          if (regex.prefix !== null && regex.matches(value)) expect(value.startsWith(regex.prefix)).toBe(true);
          if (regex.matchesAll === 'all') expect(regex.matches(value)).toBe(true);
          if (regex.matchesAll === 'non-empty') expect(regex.matches(value)).toBe(value !== '');
        }
      }),
      { numRuns: 1000 },
    );
  });

  it('unfolds literals, alternatives and groups', () => {
    expect(compileRegex('a|b|cd').setMatches).toEqual(['a', 'b', 'cd']);
    expect(compileRegex('x(a|b)(1|2)').setMatches).toEqual(['xa1', 'xa2', 'xb1', 'xb2']);
    expect(compileRegex('a\\.b\\/c').setMatches).toEqual(['a.b/c']);
    expect(compileRegex('').setMatches).toEqual(['']);
    expect(compileRegex('foo.*').prefix).toBe('foo');
    expect(compileRegex('foo(.*|bar.+)').prefix).toBe('foo');
    expect(compileRegex('.*').matchesAll).toBe('all');
    expect(compileRegex('.+').matchesAll).toBe('non-empty');
    expect(compileRegex('(?i)foo').setMatches).toBeNull();
    expect(compileRegex('(?i)foo').matches('FOO')).toBe(true);
  });

  it('leaves what it can not compare to the engine', () => {
    for (const source of ['a+', 'a?', '(a|b)*', '[ab]', 'a{2}', '\\d+', '^a', 'a$', '.', '.+.+', '(?i:a)', '.*?']) {
      expect([source, globsFromPattern(source)]).toEqual([source, null]);
    }
  });

  it('counts characters, not their halves', () => {
    expect(compileRegex('.+').matches('😀')).toBe(true);
    expect(compileRegex('.+.+').matches('😀')).toBe(false);
    expect(compileRegex('a.+b').matches('a😀b')).toBe(true);
  });

  it('takes long lists and deep nests without taking long', () => {
    const many = Array.from({ length: 20_000 }, (_, i) => `host-${i}\\.example`).join('|');
    expect(compileRegex(many).setMatches).toHaveLength(20_000);
    expect(compileRegex(many).matches('host-19999.example')).toBe(true);
    const product = '(a|b|c|d)'.repeat(30);
    expect(compileRegex(product).setMatches).toBeNull();
    expect(compileRegex(product).matches('abcd'.repeat(7).concat('ab'))).toBe(true);
    expect(() => compileRegex('('.repeat(100_000) + ')'.repeat(100_000))).toThrow(RegexSyntaxError);
  });

  it('keeps what it compiled, but of long lists only a few', () => {
    const list = (k: number) => Array.from({ length: 40_000 }, (_, i) => `v${k}-${i}`).join('|');
    const [first, short] = [compileRegex(list(0)), compileRegex('a|b')];
    expect(compileRegex(list(0))).toBe(first);
    for (let k = 1; k < 6; k++) {
      compileRegex(list(k));
      expect(compileRegex('a|b')).toBe(short);
    }
    expect(compileRegex(list(0))).not.toBe(first);
  });

  it('reports a malformed pattern as Go does', () => {
    const nest = '('.repeat(1100) + ')'.repeat(1100);
    const cases: [string, string][] = [
      ['foo(', 'missing closing ): `foo(`'],
      ['a)', 'unexpected ): `a)`'],
      ['[a', 'missing closing ]: `[a`'],
      ['*a', 'missing argument to repetition operator: `*`'],
      ['a**', 'invalid nested repetition operator: `**`'],
      ['a{2,1}', 'invalid repeat count: `{2,1}`'],
      ['[z-a]', 'invalid character class range: `z-a`'],
      ['(?=a)', 'invalid or unsupported Perl syntax: `(?=`'],
      ['a\\', 'trailing backslash at end of expression: ``'],
      [nest, `expression nests too deeply: \`${nest}\``],
      ['\\8', 'invalid escape sequence: `\\8`'],
      ['(\\p{Alphabetic}', 'invalid character class range: `\\p{Alphabetic}`'],
      ['(?<n>a)(?<n>b', 'missing closing ): `(?<n>a)(?<n>b`'],
    ];
    for (const [source, reason] of cases) {
      expect(messageOf(source)).toBe(`error parsing regexp: ${reason}`);
    }
  });
});

function messageOf(source: string): string {
  try {
    compileRegex(source);
  } catch (error) {
    if (error instanceof RegexSyntaxError) return error.message;
  }
  return 'none';
}

const piece = fc.constantFrom('a', 'b', 'ab', 'aba', '\n', '-', 'é', '😀', '/');
const text = fc.array(piece, { maxLength: 6 }).map((pieces) => pieces.join(''));
/** Patterns of what the fast paths know and of a little more. */
const pattern: fc.Arbitrary<string> = fc.letrec<{ sequence: string; item: string; any: string }>((tie) => ({
  any: fc.array(tie('sequence'), { minLength: 1, maxLength: 3 }).map((list) => list.join('|')),
  sequence: fc.array(tie('item'), { maxLength: 4 }).map((list) => list.join('')),
  item: fc.oneof(
    { depthSize: 'small', withCrossShrink: true },
    piece,
    fc.constantFrom('.*', '.+', '\\.', '\\-', 'a', 'b', '.*', '[ab]', '.', 'a?', '\\n'),
    tie('any').map((inner) => `(${inner})`),
    tie('any').map((inner) => `(?:${inner})`),
  ),
})).any;

it('compileRegex() takes groups of one name twice, as Go does', () => {
  expect(compileRegex('(?P<n>x)[(?<n>](?<n>y)').matches('x(y')).toBe(true);
  expect(compileRegex('(?<n>a)(?<n>\\(\\?<n>)').matches('a(?<n>')).toBe(true);
  expect(() => compileRegex('(?<n>a)(?<n>b')).toThrow('missing closing )');
});
