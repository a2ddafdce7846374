import fc from 'fast-check';
import { expect, test } from 'vitest';
import { TextColumn } from '../../memory/text-column.ts';
import { compareUtf8 } from '../../model/utf8.ts';
import { runInTurns } from '../../std/turns.ts';
import { sortByBytes } from './sort-by-bytes.ts';

const unit = fc.constantFrom('a', 'b', '\0', 'é', '\uffff', '\u{10000}', '0');
const text = fc.array(unit, { maxLength: 9 }).map((units) => units.join(''));

function sorted(texts: readonly string[]): string[] {
  const column = new TextColumn();
  for (const each of texts) column.pushText(each);
  const found = runInTurns(sortByBytes(column), null);
  return Array.from({ length: found.length }, (_, place) => found.text(place));
}

test('sortByBytes() orders texts, few and many, whatever they begin with', () => {
  fc.assert(
    fc.property(
      fc.array(text, { maxLength: 100 }),
      fc.constantFrom('', 'u-', 'é'),
      fc.constantFrom('', 'in common', '\0\0\0'),
      fc.boolean(),
      (some, prefix, second, many) => {
        const rest = many ? Array.from({ length: 900 }, (_, i) => `${i % 3}${second}${(i * 7919) % 900}`) : [];
        const texts = [...new Set([...some, ...rest].map((one) => `${prefix}${one}`))];
        expect(sorted(texts)).toEqual(texts.sort(compareUtf8));
      },
    ),
    { numRuns: 60 },
  );
});

test('texts that differ in how many zeros they end with', () => {
  const texts = Array.from({ length: 200 }, (_, i) => `a${'\0'.repeat((i * 77) % 200)}`);
  expect(sorted(texts)).toEqual([...texts].sort(compareUtf8));
  const others = texts.flatMap((each) => [each, `${each}b`]);
  expect(sorted(others)).toEqual([...others].sort(compareUtf8));
});
