import { expect, test } from 'vitest';
import { goQuoteRune, goRuneName } from './go-quote.ts';
import { goQuote } from './labels.ts';

test('goQuoteRune() escapes what a rune literal needs', () => {
  expect(goQuoteRune('x')).toBe("'x'");
  expect(goQuoteRune("'")).toBe("'\\''");
  expect(goQuoteRune('"')).toBe("'\"'");
  expect(goQuoteRune('\n')).toBe("'\\n'");
  expect(goQuoteRune('é')).toBe("'é'");
  expect(goQuoteRune('\u200b')).toBe("'\\u200b'");
});

test('goRuneName() leaves out what can not be printed', () => {
  expect(goRuneName('q')).toBe("U+0071 'q'");
  expect(goRuneName('☺')).toBe("U+263A '☺'");
  expect(goRuneName('\n')).toBe('U+000A');
});

test('goQuote() prints bytes that are no UTF-8 as such', () => {
  expect(goQuote('a\udcc5z')).toBe('"a\\xc5z"');
});
