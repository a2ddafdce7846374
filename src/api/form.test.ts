import fc from 'fast-check';
import { expect, test } from 'vitest';
import { Form } from './form.ts';

function parsed(text: string): { form: Form; problem: string | null } {
  const form = new Form();
  return { form, problem: form.parse(text) };
}

test('Form reads back what URLSearchParams wrote', () => {
  const pair = fc.tuple(fc.string({ unit: 'binary' }), fc.string({ unit: 'binary' }));
  fc.assert(
    fc.property(fc.array(pair), (pairs) => {
      const wellFormed = pairs.map(([name, value]) => [name.toWellFormed(), value.toWellFormed()] as [string, string]);
      const { form, problem } = parsed(new URLSearchParams(wellFormed).toString());
      expect(problem).toBeNull();
      for (const [name] of wellFormed) {
        expect(form.all(name)).toEqual(wellFormed.filter(([other]) => other === name).map(([, value]) => value));
      }
    }),
  );
});

test('Form passes over pairs that are empty', () => {
  const { form, problem } = parsed('&&a=1&&&b=&&');
  expect([problem, form.all('a'), form.all('b')]).toEqual([null, ['1'], ['']]);
  expect(parsed('&'.repeat(100_000)).problem).toBeNull();
});

test('Form never fails, whatever the text', () => {
  fc.assert(fc.property(fc.string({ unit: 'binary' }), (text) => void parsed(text)));
});

test.each([
  ['a=%zz&b=1', 'invalid URL escape "%zz"'],
  ['a=%2&b=1', 'invalid URL escape "%2"'],
  ['a=1;2&b=1', 'invalid semicolon separator in query'],
])('Form leaves the bad pair of %s out', (text, problem) => {
  const { form, problem: told } = parsed(text);
  expect(told).toBe(problem);
  expect([form.get('a'), form.get('b')]).toEqual(['', '1']);
});

test('Form decodes long texts as it does short ones', () => {
  const piece = fc.constantFrom('%41', '%7f', '%00', '%c3%a9', '%80', '+', '%2B', 'x', 'é', '%4', '%g0', '%7', '%');
  fc.assert(
    fc.property(fc.array(piece, { maxLength: 8 }), (pieces) => {
      const text = pieces.join('');
      const filling = '.'.repeat(2000);
      const [short, long] = [parsed(`a=${text}`), parsed(`a=${text}${filling}`)];
      // A bad escape at the end goes on in what follows.
      if (/%.?$/.test(text)) return;
      expect(long.problem).toBe(short.problem);
      expect(long.form.get('a')).toBe(short.problem === null ? short.form.get('a') + filling : '');
    }),
  );
});

test('Form knows a name by its bytes, however it is written', () => {
  const { form } = parsed('match[]=a&match%5B%5D=b&match%5B%5D=c&match%5b%5d=d&=e&match[]=f');
  expect(form.all('match[]')).toEqual(['a', 'b', 'c', 'd', 'f']);
  expect(form.all('')).toEqual(['e']);
});

test('Form puts U+FFFD where bytes are no UTF-8', () => {
  expect(parsed('a=%ff%C3%A9').form.get('a')).toBe('\ufffdé');
});

test('Form stops reading after so many pairs', () => {
  const { form, problem } = parsed(Array(10_002).fill('a=1').join('&'));
  expect(problem).toBe('number of URL query parameters exceeded limit');
  expect(form.all('a')).toHaveLength(10_000);
});
