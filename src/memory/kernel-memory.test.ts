import { describe, expect, it } from 'vitest';
import { KernelMemory, slabAddress } from './kernel-memory.ts';

describe('KernelMemory', () => {
  it('gives slabs of zeros that lie behind its header and one behind the other', () => {
    const kernel = new KernelMemory(1000);
    const first = kernel.allocate(100_000);
    const second = kernel.allocate(10);
    expect(slabAddress(first)).toBe(65_536);
    expect(slabAddress(second)).toBe(3 * 65_536);
    expect([first.length, second.length]).toEqual([100_000, 10]);
    first.fill(1);
    expect(second.every((byte) => byte === 0)).toBe(true);
    expect(new Uint8Array(kernel.memory!.buffer)[65_536 + 99_999]).toBe(1);
  });

  it('gives slabs of their own where its addresses have come to an end', () => {
    const kernel = new KernelMemory(65_536);
    const most = kernel.allocate(2 ** 32 - 2 * 65_536);
    const last = kernel.allocate(65_536);
    const beyond = kernel.allocate(65_536);
    expect([most, last, beyond].map(slabAddress)).toEqual([65_536, 2 ** 32 - 65_536, 0]);
    expect(beyond.buffer.byteLength).toBe(65_536);
  });
});
