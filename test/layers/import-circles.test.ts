import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { expect, test } from 'vitest';
import { findFolderCircles, findImportCircles } from '../../tools/import-circles.ts';
import { ORDERED } from '../../tools/layers.ts';

function circlesOf(files: Record<string, string>, find = findImportCircles): string[][] {
  const root = mkdtempSync(join(tmpdir(), 'narthex-circles-'));
  try {
    for (const [path, source] of Object.entries(files)) {
      mkdirSync(dirname(join(root, path)), { recursive: true });
      writeFileSync(join(root, path), source);
    }
    return find(root);
  } finally {
    rmSync(root, { recursive: true });
  }
}

test('files that import each other are named in the order of the imports, types included', () => {
  expect(
    circlesOf({
      'a/whole.ts': "import { part } from './part.ts';",
      'a/part.ts': "import { deep } from '../b/deep.ts';",
      'b/deep.ts': "import type { Whole } from '../a/whole.ts';",
    }),
  ).toEqual([['a/part.ts', 'b/deep.ts', 'a/whole.ts', 'a/part.ts']]);
});

test('two ways to the same file are no circle', () => {
  expect(
    circlesOf({
      'top.ts': "import { a } from './left.ts';\nimport { b } from './right.ts';",
      'left.ts': "import { c } from './ground.ts';",
      'right.ts': "import { c } from './ground.ts';",
      'ground.ts': 'export const c = 1;',
    }),
  ).toEqual([]);
});

test('folders that import each other are named, whatever lies beside them or deeper', () => {
  const files = {
    'db/open.ts': "import { a } from './head/a.ts';",
    'db/names.ts': 'export const n = 1;',
    'db/head/a.ts': "import { n } from '../names.ts';\nimport type { C } from '../late/deep/c.ts';",
    'db/late/b.ts': "import { deep } from './deep/c.ts';\nimport { f } from '../file/f.ts';",
    'db/late/deep/c.ts': "import { b } from '../b.ts';",
    'db/file/f.ts': 'export const f = 1;',
    'other/a.ts': "import { b } from './deep/b.ts';",
    'other/deep/b.ts': "import { a } from '../a.ts';",
  };
  const find = (root: string): string[][] => findFolderCircles(root, 'db');
  expect(circlesOf(files, find)).toEqual([]);
  const around = { ...files, 'db/file/f.ts': "import type { A } from '../head/a.ts';" };
  expect(circlesOf(around, find)).toEqual([['db/file', 'db/head', 'db/late', 'db/file']]);
});

test('the source tree has no circle', () => {
  const root = join(import.meta.dirname, '..', '..', 'src');
  expect(findImportCircles(root)).toEqual([]);
  for (const folder of ORDERED) expect(findFolderCircles(root, folder)).toEqual([]);
});
