import fc from 'fast-check';
import { expect, test } from 'vitest';
import { jsonText, writtenJson } from '../../../test/support/json-text.ts';
import { TextColumn } from '../../memory/text-column.ts';
import { ColumnJson } from './column-json.ts';

test('ColumnJson writes texts as JsonBytes.htmlString() does', () => {
  fc.assert(
    fc.property(fc.array(jsonText, { maxLength: 20 }), fc.integer({ min: 1, max: 9 }), (texts, step) => {
      const column = new TextColumn();
      for (const each of texts) column.pushText(each);
      const wanted = writtenJson((out) => {
        for (const [i, each] of texts.entries()) {
          if (i > 0) out.ascii(',');
          out.htmlString(each.toWellFormed());
        }
      });
      const json = new ColumnJson(column);
      let count = 0;
      const found = writtenJson((out) => {
        while (!json.isOver) count += json.write(out, step);
      });
      expect(found === wanted).toBe(true);
      expect(count).toBe(texts.length);
    }),
    { numRuns: 100 },
  );
});
