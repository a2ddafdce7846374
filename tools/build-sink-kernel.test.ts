import { readFileSync } from 'node:fs';
import { expect, it } from 'vitest';
import { SINK_KERNEL_FILE, sinkKernelFile } from './build-sink-kernel.ts';

it('has compiled what is kept with the sources', async () => {
  expect(await sinkKernelFile()).toBe(readFileSync(SINK_KERNEL_FILE, 'utf8'));
});
