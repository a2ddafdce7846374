import fc from 'fast-check';
import { expect, test } from 'vitest';
import { compareUtf8 } from '../model/utf8.ts';
import { TextColumn } from './text-column.ts';

const text = fc.oneof(
  fc.string({ maxLength: 4, unit: 'binary' }).map((one) => one.toWellFormed()),
  fc.constantFrom('', '\ue000', '\u{10000}', 'x'.repeat(100), `${'x'.repeat(5000)}é`),
);

test('TextColumn has the texts that it was given, and orders them by their bytes', () => {
  fc.assert(
    fc.property(fc.array(fc.tuple(text, fc.boolean()), { maxLength: 40 }), (given) => {
      const column = new TextColumn(1, 1);
      for (const [each, asBytes] of given) {
        const bytes = Buffer.from(`before${each}behind`);
        if (asBytes) column.push(bytes, 6, bytes.length - 6);
        else column.pushText(each);
      }
      expect(Array.from({ length: column.length }, (_, place) => column.text(place))).toEqual(
        given.map(([each]) => each),
      );
      for (let i = 1; i < given.length; i++) {
        const order = column.compare(i - 1, column, i);
        expect(Math.sign(order)).toBe(Math.sign(compareUtf8(given[i - 1]![0], given[i]![0])));
      }
    }),
  );
});
