import { readFileSync } from 'node:fs';
import { expect, it } from 'vitest';
import { SERIES_KERNEL_FILE, seriesKernelFile } from './build-series-kernel.ts';

it('has compiled what is kept with the sources', { timeout: 120_000 }, async () => {
  expect(await seriesKernelFile()).toBe(readFileSync(SERIES_KERNEL_FILE, 'utf8'));
});
