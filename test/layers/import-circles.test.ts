import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { expect, test } from 'vitest';
import { findImportCircles } from '../../tools/import-circles.ts';

function circlesOf(files: Record<string, string>): string[][] {
  const root = mkdtempSync(join(tmpdir(), 'narthex-circles-'));
  try {
    for (const [path, source] of Object.entries(files)) {
      mkdirSync(dirname(join(root, path)), { recursive: true });
      writeFileSync(join(root, path), source);
    }
    return findImportCircles(root);
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

test('the source tree has no circle', () => {
  expect(findImportCircles(join(import.meta.dirname, '..', '..', 'src'))).toEqual([]);
});
