import { expect, test } from 'vitest';
import { blockEnd } from './blocks.ts';

test('blockEnd() cuts long loops, and tells of all blocks but the last', () => {
  for (const length of [0, 1, 8_192, 8_193, 100_000]) {
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
    expect(blocks).toBe(Math.ceil(length / 8_192));
    expect(told).toBe(8_192 * Math.max(0, blocks - 1));
  }
});
