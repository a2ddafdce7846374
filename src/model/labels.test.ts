import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { compareLabels, goQuote, Labels, labelsFromObject, labelsFromPairs } from './labels.ts';
import { compareUtf8 } from './utf8.ts';

const text = fc.string({ unit: 'binary', maxLength: 6 });
const anyLabels = fc.dictionary(text, text, { maxKeys: 6 }).map(labelsFromObject);

describe('labelsFromPairs()', () => {
  test('sorts by UTF-8 bytes, drops empty values, lets the last of a name win', () => {
    expect(labelsFromPairs(['b', '1', 'a', '2', 'c', '', 'b', '3']).pairs).toEqual(['a', '2', 'b', '3']);
    expect(labelsFromPairs(['\u{1f600}', 'x', '\uff5e', 'y']).pairs).toEqual(['\uff5e', 'y', '\u{1f600}', 'x']);
  });

  test('an empty value after a full one removes the label', () => {
    expect(labelsFromPairs(['a', '1', 'a', '']).size).toBe(0);
  });
});

describe('Labels', () => {
  test('with() and without() keep the invariants', () => {
    fc.assert(
      fc.property(anyLabels, text, text, (labels, name, value) => {
        for (const changed of [labels.with(name, value), labels.without(name)]) {
          for (let i = 0; i < changed.pairs.length; i += 2) {
            expect(changed.pairs[i + 1]).not.toBe('');
            if (i > 0) expect(compareUtf8(changed.pairs[i - 2]!, changed.pairs[i]!)).toBeLessThan(0);
          }
        }
        expect(labels.with(name, value).get(name)).toBe(value);
        expect(labels.without(name).has(name)).toBe(false);
      }),
    );
  });

  test('key is equal exactly for equal label sets', () => {
    fc.assert(
      fc.property(anyLabels, anyLabels, (a, b) => {
        expect(a.key === b.key).toBe(a.equals(b));
        expect(compareLabels(a, b) === 0).toBe(a.equals(b));
        expect(Math.sign(compareLabels(a, b)) + Math.sign(compareLabels(b, a))).toBe(0);
      }),
    );
    expect(new Labels(['a', 'bc']).key).not.toBe(new Labels(['ab', 'c']).key);
  });

  test('toString() quotes values and the names that need it', () => {
    const labels = labelsFromObject({ __name__: 'up', path: 'C:\\a"\n', 'http.method': 'GET' });
    expect(labels.toString()).toBe('{__name__="up", "http.method"="GET", path="C:\\\\a\\"\\n"}');
  });
});

describe('compareLabels()', () => {
  test('compares names before values and puts a prefix first', () => {
    expect(compareLabels(labelsFromObject({ a: '9' }), labelsFromObject({ b: '1' }))).toBeLessThan(0);
    expect(compareLabels(labelsFromObject({ a: '1' }), labelsFromObject({ a: '1', b: '1' }))).toBeLessThan(0);
    expect(compareLabels(labelsFromObject({ a: '2' }), labelsFromObject({ a: '10' }))).toBeGreaterThan(0);
  });
});

test('plainJson is the label set as JSON where nothing needs an escape', () => {
  const json = (object: Record<string, string>) => {
    const text = labelsFromObject(object).plainJson;
    return text === null ? null : Buffer.from(text.words.buffer, 8 * text.start, text.size).toString();
  };
  expect(json({})).toBe('{}');
  expect(json({ b: '2 <&>~', a: '1' })).toBe('{"a":"1","b":"2 <&>~"}');
  // Long texts are checked and written in another way.
  for (const length of [0, 127, 128, 129, 9000]) {
    const begin = 'x ~'.repeat(length).slice(0, length);
    expect(json({ a: `${begin}!`, b: '1' })).toBe(`{"a":"${begin}!","b":"1"}`);
    for (const odd of ['"', '\\', '\n', '\x1f', '\x7f', 'é', '\u2028']) {
      expect(json({ a: `${begin}${odd}` })).toBeNull();
      expect(json({ [`${begin}${odd}`]: 'a' })).toBeNull();
    }
  }
});

test('withoutMetric takes name, type and unit away', () => {
  const labels = labelsFromObject({ __name__: 'm', __type__: 't', __unit__: 'u', a: '1' });
  expect(labels.withoutMetric.pairs).toEqual(['a', '1']);
  expect(labels.withoutMetric).toBe(labels.withoutMetric);
  const bare = labelsFromObject({ a: '1' });
  expect(bare.withoutMetric).toBe(bare);
});

describe('goQuote()', () => {
  test.each([
    ['plain', '"plain"'],
    ['tab\there', '"tab\\there"'],
    ['\x00\x7f', '"\\x00\\x7f"'],
    ['\u00a0', '"\\u00a0"'],
    ['caf\u00e9 \u20ac', '"caf\u00e9 \u20ac"'],
    ['\u{1f600}', '"\u{1f600}"'],
    ['\u{e0001}', '"\\U000e0001"'],
    ['\ufeff', '"\\ufeff"'],
  ])('%j becomes %s', (text, quoted) => {
    expect(goQuote(text)).toBe(quoted);
  });
});

test('plainJson of more than 16 KiB is not made', () => {
  // {"a":"..."}
  expect(labelsFromObject({ a: 'x'.repeat(16 * 1024 - 8) }).plainJson?.size).toBe(16 * 1024);
  expect(labelsFromObject({ a: 'x'.repeat(16 * 1024 - 7) }).plainJson).toBeNull();
});
