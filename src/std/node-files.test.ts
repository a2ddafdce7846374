import { mkdtempSync, rmSync, statSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { nodeFiles } from './node-files.ts';

test('makeDirectorySync() makes missing parents and takes what is there', () => {
  const root = mkdtempSync(join(tmpdir(), 'narthex-files-'));
  nodeFiles.makeDirectorySync(join(root, 'a', 'b', 'c'));
  nodeFiles.makeDirectorySync(join(root, 'a', 'b', 'c'));
  expect(statSync(join(root, 'a', 'b', 'c')).isDirectory()).toBe(true);
  rmSync(root, { recursive: true });
});

test.skipIf(process.platform !== 'linux')('makeDirectorySync() fails at once where no directory can be', () => {
  expect(() => nodeFiles.makeDirectorySync('/proc/narthex/data')).toThrow(/create directory/);
});
