import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join, relative } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { findIdleRules, findLayerFaults } from '../../tools/check-layers.ts';
import { typescriptFiles } from '../../tools/imports.ts';

describe('findLayerFaults()', () => {
  let root: string;

  beforeEach(() => {
    root = mkdtempSync(join(tmpdir(), 'narthex-layers-'));
  });

  afterEach(() => {
    rmSync(root, { recursive: true });
  });

  /** Writes a source tree of the given files and returns what is wrong with it. */
  function check(files: Record<string, string>): string[] {
    for (const [path, source] of Object.entries(files)) {
      mkdirSync(dirname(join(root, path)), { recursive: true });
      writeFileSync(join(root, path), source);
    }
    return findLayerFaults(root).map((fault) => `${fault.file}:${fault.line} ${fault.reason}`);
  }

  test('accepts an import of a lower layer', () => {
    expect(check({ 'tsdb/head.ts': "import { a } from '../model/labels.ts';" })).toEqual([]);
  });

  test('refuses an upward import, naming file and line', () => {
    expect(check({ 'model/labels.ts': "\nimport { a } from '../tsdb/head.ts';" })).toEqual([
      'model/labels.ts:2 upward: L1 model imports L3 tsdb',
    ]);
  });

  test('refuses an import of a sibling in the same layer', () => {
    expect(check({ 'promql/engine.ts': "import type { Head } from '../tsdb/head.ts';" })).toEqual([
      'promql/engine.ts:1 sideways: promql and tsdb are both L3',
    ]);
  });

  test('sees imports over several lines, re-exports, bare and dynamic imports', () => {
    expect(
      check({
        'std/a.ts': "import {\n  b,\n  c,\n} from '../model/b.ts';",
        'std/b.ts': "export { b } from '../model/b.ts';",
        'std/c.ts': "import '../model/b.ts';",
        'std/d.ts': "const b = await import('../model/b.ts');",
      }),
    ).toHaveLength(4);
  });

  test('keeps kernels free of packages and lets std have node: only', () => {
    expect(
      check({
        'kernels/crc.ts': "import { crc32 } from 'node:zlib';",
        'std/fs.ts': "import { openSync } from 'node:fs';",
      }),
    ).toEqual(['kernels/crc.ts:1 kernels imports nothing']);
    expect(check({ 'std/log.ts': "import pino from 'pino';" })).toContain('std/log.ts:1 std imports only node:');
  });

  test('allows a written exception and nothing beside it', () => {
    expect(
      check({
        'scrape/pool.ts': "import type { TargetGroup } from '../discovery/target-group.ts';",
        'scrape/other.ts': "import { x } from '../discovery/manager.ts';",
      }),
    ).toEqual(['scrape/other.ts:1 sideways: scrape and discovery are both L5']);
  });

  test('refuses a folder that is in no layer', () => {
    expect(check({ 'utils/x.ts': "import { a } from '../model/a.ts';" })).toEqual([
      'utils/x.ts:1 utils is in no layer',
    ]);
  });
});

test('the source tree keeps its layers', () => {
  const faults = findLayerFaults(join(import.meta.dirname, '..', '..', 'src'));
  expect(faults.map((fault) => `${fault.file}:${fault.line} ${fault.imports}: ${fault.reason}`)).toEqual([]);
});

test("the host's clock is read in one place", () => {
  const root = join(import.meta.dirname, '..', '..', 'src');
  const readers = [...typescriptFiles(root)].filter(
    (path) => !path.endsWith('.test.ts') && /\b(?:performance|Date)\.now\(/.test(readFileSync(path, 'utf8')),
  );
  expect(readers.map((path) => relative(root, path))).toEqual(['std/clock.ts']);
});

test('the layer table names nothing that is not there', () => {
  expect(findIdleRules(join(import.meta.dirname, '..', '..', 'src'))).toEqual([]);
});
