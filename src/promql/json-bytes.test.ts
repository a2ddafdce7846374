import fc from 'fast-check';
import { expect, test } from 'vitest';
import { JsonBlocks } from './json-blocks.ts';
import { JsonBytes } from './json-bytes.ts';

const text = fc.oneof(
  fc.string({ maxLength: 8 }),
  fc.constantFrom('~', ' ', '\x7f', '"', '\\', '\b\f\n', 'é', '<&>', '\u2028', '\u{10000}', 'x'.repeat(20_000)),
);

function written(write: (out: JsonBytes) => void): string {
  const out = new JsonBytes(new JsonBlocks());
  write(out);
  return Buffer.from(out.take(() => {})).toString();
}

test('JsonBytes.htmlString() escapes markup, controls, quotes and line separators, whatever stands around them', () => {
  fc.assert(
    fc.property(text, (given) => {
      const json = JSON.stringify(given.toWellFormed())
        .replace(/\\./g, (pair) => ({ '\\b': '\\u0008', '\\f': '\\u000c' })[pair] ?? pair)
        .replace(/[<>&\u2028\u2029]/g, (unit) => `\\u${unit.charCodeAt(0).toString(16).padStart(4, '0')}`);
      expect(written((out) => out.htmlString(given))).toBe(json);
    }),
  );
});
