import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { expect, test } from 'vitest';
import { findUnusedExports } from '../../tools/unused-exports.ts';

function unusedOf(files: Record<string, string>): string[] {
  const root = mkdtempSync(join(tmpdir(), 'narthex-exports-'));
  try {
    for (const folder of ['src', 'web/src', 'test', 'tools', 'bench', 'examples']) {
      mkdirSync(join(root, folder), { recursive: true });
    }
    for (const [path, source] of Object.entries(files)) {
      mkdirSync(dirname(join(root, path)), { recursive: true });
      writeFileSync(join(root, path), source);
    }
    return findUnusedExports(root);
  } finally {
    rmSync(root, { recursive: true });
  }
}

test('an export that no other file imports is named', () => {
  expect(
    unusedOf({
      'src/a.ts': 'export function used(): void {}\nexport const alone = 1;\nexport async function late() {}\n',
      'src/b.ts': "import { type Other, used } from './a.ts';\nconst { late } = await import('./a.ts');\n",
    }),
  ).toEqual(['src/a.ts alone']);
});

test('what the page exports is looked at too, components included', () => {
  expect(
    unusedOf({
      'web/src/view.tsx': 'export function View(): null {}\nexport function Old(): null {}\n',
      'web/src/page.tsx': "import { View } from './view.tsx';\n",
    }),
  ).toEqual(['web/src/view.tsx Old']);
});

test('what tests and tools export is looked at too', () => {
  expect(
    unusedOf({
      'test/support/builder.ts': 'export function build(): void {}\nexport function old(): void {}\n',
      'test/a.test.ts': "import { build } from './support/builder.ts';\n",
      'tools/plugin.ts': 'export function plugin(): void {}\n',
      'vite.server.config.ts': "import { plugin } from './tools/plugin.ts';\n",
      'bench/kernels/xor.bench.ts': 'export function run(): void {}\n',
    }),
  ).toEqual(['test/support/builder.ts old']);
});

test('a name of another file is another export', () => {
  expect(
    unusedOf({ 'src/a.ts': 'export class Head {}\n', 'src/b.ts': "import { Head } from './other/a.ts';\n" }),
  ).toEqual(['src/a.ts Head']);
});

test('a type may be named by its own file alone, and must be named there', () => {
  expect(
    unusedOf({ 'src/a.ts': 'export interface Options {}\nconst given: Options = {};\nexport type Never = string;\n' }),
  ).toEqual(['src/a.ts Never']);
});

test('every export of the tree is needed by somebody', () => {
  expect(findUnusedExports(join(import.meta.dirname, '..', '..'))).toEqual([]);
});
