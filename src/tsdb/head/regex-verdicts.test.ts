import { expect, it } from 'vitest';
import type { SymbolTable } from '../../memory/symbol-table.ts';
import { compileRegex, type Regex } from '../../model/regex.ts';
import { RegexVerdicts } from './regex-verdicts.ts';

const TEXTS = ['', 'a', 'ab', 'b'];
const symbols = { count: TEXTS.length, reuses: { value: 0 }, readText: (id: number) => TEXTS[id] } as SymbolTable;

it('RegexVerdicts remembers what a pattern says of each symbol', () => {
  const verdicts = new RegexVerdicts();
  let asked = 0;
  const regex = compileRegex('a.*');
  const matches = (value: string): boolean => {
    asked++;
    return regex.matches(value);
  };
  const counting: Regex = { ...regex, matches };
  for (let i = 0; i < 3; i++) {
    expect([1, 2, 3].filter(verdicts.tester(symbols, counting))).toEqual([1, 2]);
    expect([...verdicts.chosen(symbols, counting, Uint32Array.of(1, 2, 3), true)]).toEqual([3]);
  }
  expect(asked).toBe(3);
});

it('RegexVerdicts takes a bounded memory, long patterns included', () => {
  const verdicts = new RegexVerdicts();
  const regex = compileRegex('a');
  for (let i = 0; i < 100; i++) verdicts.tester(symbols, { ...regex, pattern: `${i}`.padEnd(1 << 20) });
  expect(verdicts.bytes).toBeGreaterThan(1 << 24);
  expect(verdicts.bytes).toBeLessThan((1 << 25) + (1 << 21));
});
