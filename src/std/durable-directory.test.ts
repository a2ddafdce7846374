import { expect, it } from 'vitest';
import { makeDurableDirectorySync } from './durable-directory.ts';
import { MemoryFiles } from './memory-files.ts';

it('makeDurableDirectorySync() makes directories that a power cut does not take away', () => {
  const files = new MemoryFiles();
  makeDurableDirectorySync(files, 'a/b/c');
  for (let seed = 0; seed < 20; seed++) {
    expect(files.afterPowerCut(seed).statSync('a/b/c')?.kind).toBe('directory');
  }
});
