import fc from 'fast-check';
import { expect, test } from 'vitest';
import { TextColumn } from '../../memory/text-column.ts';
import { JsonBlocks } from '../../promql/json-blocks.ts';
import { JsonBytes } from '../../promql/json-bytes.ts';
import { ColumnJson } from './column-json.ts';

const text = fc.oneof(
  fc.string({ maxLength: 8 }),
  fc.constantFrom('~', ' ', '\x7f', '"', '\\', '\b\f\n', 'é', '<&>', '\u2028', '\u{10000}', 'x'.repeat(200_000)),
);

function written(write: (out: JsonBytes) => void): string {
  const out = new JsonBytes(new JsonBlocks());
  write(out);
  return Buffer.from(out.take(() => {})).toString();
}

test('ColumnJson writes texts as JsonBytes.htmlString() does', () => {
  fc.assert(
    fc.property(fc.array(text, { maxLength: 20 }), fc.integer({ min: 1, max: 9 }), (texts, step) => {
      const column = new TextColumn();
      for (const each of texts) column.pushText(each);
      const wanted = written((out) => {
        for (const [i, each] of texts.entries()) {
          if (i > 0) out.ascii(',');
          out.htmlString(each.toWellFormed());
        }
      });
      const json = new ColumnJson(column);
      let count = 0;
      const found = written((out) => {
        while (!json.isOver) count += json.write(out, step);
      });
      expect(found === wanted).toBe(true);
      expect(count).toBe(texts.length);
    }),
    { numRuns: 100 },
  );
});
