import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { KERNELS, kernelFile } from './build-kernels.ts';

test.each(KERNELS)('what is kept of the $name kernel is what its source compiles to', async (kernel) => {
  expect(await kernelFile(kernel)).toBe(readFileSync(join(import.meta.dirname, '..', kernel.target), 'utf8'));
});

test('every kernel is known', () => {
  const folders = readdirSync(import.meta.dirname).filter((name) => name.endsWith('-kernel'));
  expect(KERNELS.map(({ name }) => `${name}-kernel`)).toEqual(folders.sort());
});
