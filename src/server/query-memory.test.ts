import { describe, expect, it } from 'vitest';
import { queryMemory } from './query-memory.ts';

const GIB = 2 ** 30;

describe('queryMemory()', () => {
  it('is twice what a query may have, where the host has as much for each thread', () => {
    expect(queryMemory(GIB, 1, 16 * GIB).memoryBytesMax).toBe(2 * GIB);
    expect(queryMemory(GIB, 7, 16 * GIB).memoryBytesMax).toBe(Math.floor((8 * GIB) / 7));
    expect(queryMemory(GIB, 31, GIB).memoryBytesMax).toBe(GIB / 4);
  });

  it('leaves V8 room to collect before it is full, and to go beyond', () => {
    for (const bytesMax of [GIB / 16, GIB / 4, GIB, 4 * GIB]) {
      const { heapMegabytesMax, memoryBytesMax } = queryMemory(bytesMax, 2, 16 * GIB);
      const heapBytesMax = heapMegabytesMax * 2 ** 20;
      expect(heapBytesMax).toBeGreaterThan(memoryBytesMax);
      expect((memoryBytesMax / 2 + heapBytesMax) / 2).toBeLessThanOrEqual(memoryBytesMax + 2 ** 20);
    }
  });
});
