import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { basename, join } from 'node:path';
import { afterAll, expect, test } from 'vitest';
import { findFiles, isFilePattern } from './find-files.ts';

const folder = mkdtempSync(join(tmpdir(), 'narthex-files-'));
afterAll(() => rmSync(folder, { recursive: true }));
mkdirSync(join(folder, 'sub'));
for (const name of ['b.yml', 'a.yml', 'a.json', '[x].yml', 'ab.yml', 'a+.yml']) writeFileSync(join(folder, name), '');

const names = (pattern: string) => findFiles(join(folder, pattern)).map((path) => basename(path));

test('findFiles() takes *, ? and sets in the last part of a path, in order of names', () => {
  expect(names('*.yml')).toEqual(['[x].yml', 'a+.yml', 'a.yml', 'ab.yml', 'b.yml']);
  expect(names('?.yml')).toEqual(['a.yml', 'b.yml']);
  expect(names('[ab].yml')).toEqual(['a.yml', 'b.yml']);
  expect(names('[^a].yml')).toEqual(['b.yml']);
  expect(names('\\[x\\].yml')).toEqual(['[x].yml']);
  expect(names('a+*')).toEqual(['a+.yml']);
});

test('findFiles() finds one file by its name, and nothing where nothing is', () => {
  expect(names('a.yml')).toEqual(['a.yml']);
  expect(names('none.yml')).toEqual([]);
  expect(names('none/*.yml')).toEqual([]);
  expect(names('a.yml/*')).toEqual([]);
});

test('isFilePattern() allows a star in the last part only', () => {
  expect(['a.yml', '/x/*.yml', 'x/*', 'c:\\x\\*.yml', ''].map(isFilePattern)).toEqual([true, true, true, true, true]);
  expect(['x/*/a.yml', '*/*'].map(isFilePattern)).toEqual([false, false]);
});
