import { readFileSync } from 'node:fs';
import { expect, it } from 'vitest';
import { RECORD_KERNEL_FILE, recordKernelFile } from './build-record-kernel.ts';

it('has compiled what is kept with the sources', async () => {
  expect(await recordKernelFile()).toBe(readFileSync(RECORD_KERNEL_FILE, 'utf8'));
});
