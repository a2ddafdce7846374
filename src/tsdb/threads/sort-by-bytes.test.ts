import fc from 'fast-check';
import { expect, test } from 'vitest';
import { SymbolTable } from '../../memory/symbol-table.ts';
import { compareUtf8 } from '../../model/utf8.ts';
import { runInTurns } from '../../std/turns.ts';
import { sortByBytes } from './sort-by-bytes.ts';

const unit = fc.constantFrom('a', 'b', '\0', 'é', '\uffff', '\u{10000}', '0');
const text = fc.array(unit, { maxLength: 9 }).map((units) => units.join(''));

test('sortByBytes() orders symbols as their texts are, few and many, whatever they begin with', () => {
  fc.assert(
    fc.property(
      fc.array(text, { maxLength: 100 }),
      fc.constantFrom('', 'u-', 'é'),
      fc.boolean(),
      (some, prefix, many) => {
        const rest = many ? Array.from({ length: 900 }, (_, i) => `${(i * 7919) % 900}`) : [];
        const texts = [...new Set([...some, ...rest].map((one) => `${prefix}${one}`))];
        const table = new SymbolTable();
        const symbols = Uint32Array.from(texts, (one) => table.add(one));
        const sorted = runInTurns(sortByBytes(table, symbols), null);
        expect(Array.from(sorted, (id) => table.text(id))).toEqual(texts.sort(compareUtf8));
      },
    ),
    { numRuns: 60 },
  );
});
