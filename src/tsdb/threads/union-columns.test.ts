import fc from 'fast-check';
import { expect, test } from 'vitest';
import { TextColumn } from '../../memory/text-column.ts';
import { compareUtf8 } from '../../model/utf8.ts';
import { runInTurns } from '../../std/turns.ts';
import { unionColumns } from './union-columns.ts';

const text = fc.oneof(fc.string({ maxLength: 2 }), fc.constantFrom('\ue000', '\u{10000}', 'x'.repeat(100)));
const list = fc.uniqueArray(text, { maxLength: 60 }).map((texts) => texts.sort(compareUtf8));

function columnOf(texts: readonly string[]): TextColumn {
  const column = new TextColumn();
  for (const each of texts) column.pushText(each);
  return column;
}

function union(a: readonly string[], b: readonly string[]): string[] {
  const both = runInTurns(unionColumns(columnOf(a), columnOf(b)), null);
  return Array.from({ length: both.length }, (_, place) => both.text(place));
}

test('unionColumns() gives each text once and in order', () => {
  fc.assert(
    fc.property(list, list, (a, b) => {
      expect(union(a, b)).toEqual([...new Set([...a, ...b])].sort(compareUtf8));
    }),
  );
});

test('columns longer than a step', () => {
  const numbers = (by: number) => Array.from({ length: 10_000 }, (_, i) => String(by * i).padStart(6, '0'));
  expect(union(numbers(2), numbers(3))).toEqual([...new Set([...numbers(2), ...numbers(3)])].sort());
  const most = numbers(2).filter((_, i) => i % 999 !== 7);
  expect(union(most, numbers(2))).toEqual(numbers(2));
  expect(union(numbers(2), most)).toEqual(numbers(2));
});
