import fc from 'fast-check';
import { expect, test } from 'vitest';
import type { MetricType } from './rows.ts';
import { labelPairsFromSeries } from './series-labels.ts';

function pairs(text: string, type: MetricType = 'unknown'): string[] {
  const bytes = Buffer.from(`<${text}> `);
  return labelPairsFromSeries(bytes, 1, bytes.length - 2, type);
}

test('labelPairsFromSeries() reads names and values', () => {
  expect(pairs('up')).toEqual(['__name__', 'up']);
  expect(pairs('a:b{}')).toEqual(['__name__', 'a:b']);
  expect(pairs('a{x="1",y="",}')).toEqual(['__name__', 'a', 'x', '1', 'y', '']);
  expect(pairs('a { x = "1" , y="2"z="3"}')).toEqual(['__name__', 'a', 'x', '1', 'y', '2', 'z', '3']);
  expect(pairs('{"my metric" , "l.x"="y"}')).toEqual(['__name__', 'my metric', 'l.x', 'y']);
  expect(pairs('{a="1","late"}')).toEqual(['__name__', 'late', 'a', '1']);
});

test('labelPairsFromSeries() undoes the three escapes and leaves other backslashes', () => {
  expect(pairs('a{x="\\\\ \\" \\n \\t"}')).toEqual(['__name__', 'a', 'x', '\\ " \n \\t']);
  expect(pairs('{"q\\"n"}')).toEqual(['__name__', 'q"n']);
});

test('labelPairsFromSeries() normalises bounds of histograms and summaries only', () => {
  const le = (value: string, type: MetricType) => pairs(`h{le="${value}",quantile="${value}"}`, type).slice(3);
  expect(le('1', 'histogram')).toEqual(['1.0', 'quantile', '1']);
  expect(le('0.50', 'summary')).toEqual(['0.50', 'quantile', '0.5']);
  expect(le('1', 'counter')).toEqual(['1', 'quantile', '1']);
  for (const [text, normal] of [
    ['+Inf', '+Inf'],
    ['1000000', '1e+06'],
    ['123456', '123456.0'],
    ['1e-5', '1e-05'],
    ['0.0001', '0.0001'],
    ['-0', '0.0'],
    ['1.5e3', '1500.0'],
    ['x', 'x'],
  ] as const) {
    expect(le(text, 'histogram')[0]).toBe(normal);
  }
});

test('labelPairsFromSeries() gives back any labels that are written out', () => {
  const text = fc.string({ unit: 'grapheme', maxLength: 10 }).filter((value) => !value.includes('\0'));
  const escaped = (value: string) => value.replace(/[\\"\n]/g, (c) => (c === '\n' ? '\\n' : `\\${c}`));
  fc.assert(
    fc.property(text, fc.array(fc.tuple(text, text), { maxLength: 5 }), (name, labels) => {
      const written = labels.map(([key, value]) => `"${escaped(key)}"="${escaped(value)}"`);
      expect(pairs(`{${[`"${escaped(name)}"`, ...written].join(',')}}`)).toEqual(['__name__', name, ...labels.flat()]);
    }),
  );
});
