import { readFileSync } from 'node:fs';
import { expect, it } from 'vitest';
import { APPEND_KERNEL_FILE, appendKernelFile } from './build-append-kernel.ts';

it('has compiled what is kept with the sources', async () => {
  expect(await appendKernelFile()).toBe(readFileSync(APPEND_KERNEL_FILE, 'utf8'));
});
