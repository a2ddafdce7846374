import fc from 'fast-check';
import { expect, test } from 'vitest';
import { jsonText, writtenJson } from '../../test/support/json-text.ts';

test('JsonBytes.htmlString() escapes markup, controls, quotes and line separators, whatever stands around them', () => {
  fc.assert(
    fc.property(jsonText, (given) => {
      const json = JSON.stringify(given.toWellFormed())
        .replace(/\\./g, (pair) => ({ '\\b': '\\u0008', '\\f': '\\u000c' })[pair] ?? pair)
        .replace(/[<>&\u2028\u2029]/g, (unit) => `\\u${unit.charCodeAt(0).toString(16).padStart(4, '0')}`);
      expect(writtenJson((out) => out.htmlString(given))).toBe(json);
    }),
  );
});

test('JsonBytes.string() escapes controls, quotes and backslashes alone, however long the text is', () => {
  fc.assert(
    fc.property(jsonText, (given) => {
      const json = writtenJson((out) => out.string(given));
      expect(JSON.parse(json)).toBe(given.toWellFormed());
      for (const kept of ['<&>', 'é', '\u2028']) expect(json.includes(kept)).toBe(given.includes(kept));
    }),
  );
});
