import fc from 'fast-check';
import { JsonBlocks } from '../../src/promql/json-blocks.ts';
import { JsonBytes } from '../../src/promql/json-bytes.ts';

const oddText = fc.constantFrom('~', ' ', '\x7f', '"', '\\', '\b\f\n', 'é', '<&>', '\u2028', '\u{10000}');

/**
 * Short texts of any kind, those that JSON or HTML give a meaning to, such behind as many characters as texts have that are written in
 * another way, and one that is longer than a block.
 */
export const jsonText: fc.Arbitrary<string> = fc.oneof(
  fc.string({ maxLength: 8 }),
  oddText,
  fc.tuple(fc.integer({ min: 120, max: 135 }), oddText).map(([length, odd]) => 'x'.repeat(length) + odd),
  fc.constant('x'.repeat(200_000)),
);

/** What `write` writes. */
export function writtenJson(write: (out: JsonBytes) => void): string {
  const out = new JsonBytes(new JsonBlocks());
  write(out);
  return Buffer.from(out.take(() => {})).toString();
}
