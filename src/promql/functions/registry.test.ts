import { expect, test } from 'vitest';
import { FUNCTION_SIGNATURES } from '../syntax/signatures.ts';
import { functionImplementations } from './registry.ts';

/** Functions that parse but can not be evaluated yet. */
const NOT_SUPPORTED_YET: readonly string[] = [];

test('every function has an implementation or is listed as missing', () => {
  const known = [...Object.keys(functionImplementations), ...NOT_SUPPORTED_YET].sort();
  expect(known).toEqual(FUNCTION_SIGNATURES.map(({ name }) => name).sort());
});

test.each(FUNCTION_SIGNATURES.map((signature) => [signature.name, signature] as const))(
  '%s takes its vector where its signature has one',
  (name, { argTypes, returnType }) => {
    const implementation = functionImplementations[name]!;
    switch (implementation.kind) {
      case 'range':
        expect(argTypes[implementation.rangeArgument]).toBe('matrix');
        break;
      case 'instant':
      case 'histogram':
        expect(argTypes[implementation.vectorArgument]).toBe('vector');
        break;
      case 'scalar':
        expect(returnType).toBe('scalar');
        expect(argTypes.every((type) => type === 'scalar')).toBe(true);
        break;
      default:
        expect(returnType).toMatch(/^(vector|scalar)$/);
    }
  },
);
