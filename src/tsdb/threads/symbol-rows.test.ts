import fc from 'fast-check';
import { expect, test } from 'vitest';
import { SymbolTable } from '../../memory/symbol-table.ts';
import { compareLabels, type Labels, labelsFromObject } from '../../model/labels.ts';
import { runInTurns } from '../../std/turns.ts';
import { SymbolRows, type SymbolSet, type SymbolSource } from './symbol-rows.ts';

const labels = fc
  .dictionary(fc.constantFrom('a', 'b', 'é', '__name__'), fc.constantFrom('', 'x', 'xy', '\u{10000}', '\uffff', 'é'))
  .map((object) => labelsFromObject(object));
const kind = fc.constantFrom<'dense' | 'all' | 'sparse'>('dense', 'all', 'sparse');

/** A part with symbols of its own: in a table, in one that is entered as a whole, or as numbers that are far apart. */
function setOf(rows: readonly Labels[], how: 'dense' | 'all' | 'sparse'): SymbolSet {
  const own = new SymbolTable();
  for (let i = 0; i < 3; i++) own.add(`unused ${i}`);
  const scale = how === 'sparse' ? 1000 : 1;
  const words = rows.map(({ pairs }) => pairs.map((text) => own.add(text) * scale));
  const symbols: SymbolSource = {
    limit: how === 'sparse' ? null : own.count,
    enter: (symbol, into) => into.add(own.text(symbol / scale)),
    ...(how !== 'all'
      ? {}
      : {
          *enterAll(into, note) {
            for (let id = 0; id < own.count; id++) note(id, into.add(own.text(id)));
            yield undefined;
          },
        }),
  };
  return {
    length: rows.length,
    symbols,
    words: (row, into) => {
      into.words = Uint32Array.from(words[row]!);
      return words[row]!.length;
    },
  };
}

function textsOf(sets: readonly SymbolSet[]): string[] {
  const rows = new SymbolRows(sets);
  runInTurns(rows.start(), null);
  const texts: string[] = [];
  for (let row = rows.next(); row !== null; row = rows.next()) {
    texts.push(JSON.stringify(Array.from(row.words.subarray(0, row.count), (id) => rows.symbols.text(id))));
  }
  return texts;
}

test('SymbolRows gives each label set of sorted parts once, in label order', () => {
  fc.assert(
    fc.property(fc.array(fc.tuple(fc.array(labels, { maxLength: 12 }), kind), { maxLength: 5 }), (parts) => {
      const unique = (sets: readonly Labels[]) => [...new Map(sets.map((one) => [one.key, one])).values()];
      const sets = parts.map(([rows, how]) => setOf(unique(rows).sort(compareLabels), how));
      const wanted = unique(parts.flatMap(([rows]) => rows)).sort(compareLabels);
      expect(textsOf(sets)).toEqual(wanted.map(({ pairs }) => JSON.stringify(pairs)));
    }),
  );
});

test('SymbolRows leaves one part in its order', () => {
  const rows = ['c', 'a', 'b'].map((a) => labelsFromObject({ a }));
  expect(textsOf([setOf([], 'dense'), setOf(rows, 'dense')])).toEqual(['["a","c"]', '["a","a"]', '["a","b"]']);
});
