import { cachedDataVersionTag, setFlagsFromString } from 'node:v8';
import { afterAll, expect, test } from 'vitest';
import { keepCompiledCode, loadCompiled } from './compiled-code.ts';

afterAll(() => setFlagsFromString('--flush-bytecode'));

test('late modules are loaded with the flags that their cache was made with', async () => {
  // Tells of V8 and its flags: what a cache must have been made with.
  const plain = cachedDataVersionTag();
  expect(await loadCompiled(async () => cachedDataVersionTag())).toBe(plain);
  keepCompiledCode();
  const kept = cachedDataVersionTag();
  expect(kept).not.toBe(plain);
  const outer = loadCompiled(async () => {
    await expect(loadCompiled(() => Promise.reject(new Error('no such module')))).rejects.toThrow('no such module');
    return cachedDataVersionTag();
  });
  expect(await outer).toBe(plain);
  expect(cachedDataVersionTag()).toBe(kept);
});
