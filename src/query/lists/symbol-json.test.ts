import fc from 'fast-check';
import { expect, test } from 'vitest';
import { jsonText, writtenJson } from '../../../test/support/json-text.ts';
import { SymbolTable } from '../../memory/symbol-table.ts';
import { labelsFromObject } from '../../model/labels.ts';
import { SymbolJson } from './symbol-json.ts';

test('SymbolJson writes label sets as JsonBytes.labels() does', () => {
  fc.assert(
    fc.property(fc.array(fc.dictionary(jsonText, jsonText, { maxKeys: 4 }), { maxLength: 20 }), (objects) => {
      const sets = objects.map((object) => labelsFromObject(object));
      const symbols = new SymbolTable();
      const json = new SymbolJson(symbols);
      const wanted = writtenJson((out) => {
        for (const labels of sets) out.labels(labels);
      });
      const found = writtenJson((out) => {
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
