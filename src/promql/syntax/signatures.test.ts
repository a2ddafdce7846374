import { expect, test } from 'vitest';
import { FUNCTION_SIGNATURES, functionSignature } from './signatures.ts';

test('FUNCTION_SIGNATURES holds 90 functions once each, sorted by name', () => {
  const names = FUNCTION_SIGNATURES.map(({ name }) => name);
  expect(names).toHaveLength(90);
  expect(names).toEqual([...new Set(names)].sort());
});

test('functionSignature() knows exact names only', () => {
  expect(functionSignature('rate')).toMatchObject({ argTypes: ['matrix'], returnType: 'vector', experimental: false });
  expect(functionSignature('info')).toMatchObject({ variadic: 1, experimental: true });
  expect(functionSignature('Rate')).toBeUndefined();
  expect(functionSignature('constructor')).toBeUndefined();
});

test('every signature can be called: variadic functions have an argument to repeat, and each has a line of help', () => {
  for (const { argTypes, variadic, doc } of FUNCTION_SIGNATURES) {
    if (variadic !== 0) expect(argTypes.length).toBeGreaterThan(0);
    expect(doc).toMatch(/^[A-Z].*\.$/);
  }
});
