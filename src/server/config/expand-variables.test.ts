import { expect, test } from 'vitest';
import { expandVariables } from './expand-variables.ts';

function expand(text: string): { text: string; missing: string[] } {
  const missing: string[] = [];
  return { text: expandVariables(text, { A: 'one', B_2: 'two', EMPTY: '' }, (name) => missing.push(name)), missing };
}

test('expandVariables() reads $NAME with and without braces, and $$ as a dollar', () => {
  expect(expand(`$A-\${B_2}/$A$B_2`)).toEqual({ text: 'one-two/onetwo', missing: [] });
  expect(expand('$$A costs $$')).toEqual({ text: '$A costs $', missing: [] });
  expect(expand('100$')).toEqual({ text: '100$', missing: [] });
  expect(expand('$-')).toEqual({ text: '', missing: ['-'] });
});

test('expandVariables() reports what is not set or empty', () => {
  expect(expand(`x$NOPE-\${EMPTY}`)).toEqual({ text: 'x-', missing: ['NOPE', 'EMPTY'] });
});
