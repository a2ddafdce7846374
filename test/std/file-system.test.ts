import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { afterAll } from 'vitest';
import { MemoryFiles } from '../../src/std/memory-files.ts';
import { nodeFiles } from '../../src/std/node-files.ts';
import { fileSystemContract } from './file-system-contract.ts';

const made: string[] = [];
afterAll(() => {
  for (const path of made) rmSync(path, { recursive: true, force: true });
});

fileSystemContract('nodeFiles', () => {
  const root = mkdtempSync(`${tmpdir()}/narthex-files-`);
  made.push(root);
  return { fileSystem: nodeFiles, root };
});

fileSystemContract('MemoryFiles', () => {
  const fileSystem = new MemoryFiles();
  fileSystem.makeDirectorySync('data');
  return { fileSystem, root: 'data' };
});
