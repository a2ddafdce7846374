import { expect, test } from 'vitest';
import { blockEnd } from './blocks.ts';

test('blockEnd() cuts long loops, and tells of all blocks but the last', () => {
  for (const length of [0, 1, 32_768, 32_769, 100_000]) {
    let told = 0;
    let done = 0;
    let blocks = 0;
    for (let i = 0; i < length; blocks++) {
      const stop = blockEnd(i, length, (work) => {
        told += work;
      });
      for (; i < stop; i++) done++;
    }
    expect(done).toBe(length);
    expect(blocks).toBe(Math.ceil(length / 32_768));
    expect(told).toBe(32_768 * Math.max(0, blocks - 1));
  }
});
