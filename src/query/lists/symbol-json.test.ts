import fc from 'fast-check';
import { expect, test } from 'vitest';
import { SymbolTable } from '../../memory/symbol-table.ts';
import { labelsFromObject } from '../../model/labels.ts';
import { JsonBlocks } from '../../promql/json-blocks.ts';
import { JsonBytes } from '../../promql/json-bytes.ts';
import { SymbolJson } from './symbol-json.ts';

const text = fc.oneof(
  fc.string({ maxLength: 8 }),
  fc.constantFrom('~', ' ', '\x7f', '"', '\\', '\b\f\n', 'é', '<&>', '\u2028', '\u{10000}', 'x'.repeat(200_000)),
);

function written(write: (out: JsonBytes) => void): string {
  const out = new JsonBytes(new JsonBlocks());
  write(out);
  return Buffer.from(out.take(() => {})).toString();
}

test('SymbolJson writes label sets as JsonBytes.labels() does', () => {
  fc.assert(
    fc.property(fc.array(fc.dictionary(text, text, { maxKeys: 4 }), { maxLength: 20 }), (objects) => {
      const sets = objects.map((object) => labelsFromObject(object));
      const symbols = new SymbolTable();
      const json = new SymbolJson(symbols);
      const wanted = written((out) => {
        for (const labels of sets) out.labels(labels);
      });
      const found = written((out) => {
        for (const { pairs } of sets) {
          const words = Uint32Array.from(pairs, (part) => symbols.add(part));
          json.write(out, { words, count: words.length });
        }
      });
      expect(found === wanted).toBe(true);
    }),
    { numRuns: 50 },
  );
});
