import fc from 'fast-check';
import { expect, it } from 'vitest';
import { utf8FromString } from '../../model/utf8.ts';
import { TextInterner } from './text-interner.ts';

it('TextInterner gives the text of any bytes, however often and in whatever order', () => {
  const texts = fc.oneof(fc.string({ unit: 'binary' }), fc.constantFrom('', 'a', 'b', 'job', 'x'.repeat(300)));
  fc.assert(
    fc.property(fc.array(texts, { maxLength: 200 }), fc.nat(5), (all, lead) => {
      const interner = new TextInterner();
      for (const text of [...all, ...all]) {
        const utf8 = utf8FromString(text);
        const bytes = new Uint8Array(lead + utf8.length + 3);
        bytes.set(utf8, lead);
        expect(interner.text(bytes, lead, lead + utf8.length)).toBe(text);
      }
    }),
  );
});

it('TextInterner stays right when it grows and when it forgets', () => {
  const interner = new TextInterner();
  const count = 300_000;
  const check = (i: number) => {
    const bytes = utf8FromString(`value-${i}`);
    if (interner.text(bytes, 0, bytes.length) !== `value-${i}`) throw new Error(`wrong text for ${i}`);
  };
  for (let i = 0; i < count; i++) check(i);
  for (let i = 0; i < count; i += 977) check(i);
});

it('TextInterner refuses bytes that are not UTF-8', () => {
  expect(() => new TextInterner().text(Uint8Array.of(0x61, 0xff), 0, 2)).toThrow(TypeError);
});
