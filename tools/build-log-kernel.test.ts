import { readFileSync } from 'node:fs';
import { expect, it } from 'vitest';
import { LOG_KERNEL_FILE, logKernelFile } from './build-log-kernel.ts';

it('has compiled what is kept with the sources', async () => {
  expect(await logKernelFile()).toBe(readFileSync(LOG_KERNEL_FILE, 'utf8'));
});
