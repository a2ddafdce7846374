import { execFileSync } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { expect, it } from 'vitest';
import { labelsFromObject } from '../src/model/labels.ts';
import { MemoryFiles } from '../src/std/memory-files.ts';
import { writeBlock } from '../test/tsdb/block-support.ts';

it('dump-index prints sections, labels and series with their chunks', () => {
  const files = new MemoryFiles();
  const ulid = '01M7Y2YCE48314TZWWY00MFCX0';
  const series = [
    { labels: labelsFromObject({ __name__: 'up', job: 'a' }), chunks: [[[5, 1] as const, [9, 2] as const]] },
  ];
  writeBlock(files, '/data', { ulid, version: 2, minTime: 5, maxTime: 10, series, deleted: [] });
  const root = mkdtempSync(`${tmpdir()}/narthex-dump-`);
  try {
    const path = `${root}/index`;
    const bytes = files.readFileSync(`/data/${ulid}/index`);
    writeFileSync(path, bytes);
    const tool = `${import.meta.dirname}/dump-index.ts`;
    const lines = execFileSync(process.execPath, [tool, path, '--entries'], { stdio: 'pipe' }).toString().split('\n');
    expect(lines.map((line) => line.trim())).toEqual([
      `${path}: ${bytes.length} bytes, version 2`,
      '5 symbols',
      '48 series',
      '64 labelIndices',
      '0 labelOffsetTable',
      '64 postings',
      '112 postingsTable',
      '5 symbols, 2 label names, 2 label pairs',
      expect.stringMatching(/^1 series, \d+ bytes stay in memory$/),
      '',
      '80 "__name__"="up": 1 series',
      '96 "job"="a": 1 series',
      '48 series 3 {__name__="up", job="a"}',
      'chunk from 5 to 9 in segment 1 at 8',
      '',
    ]);
  } finally {
    rmSync(root, { recursive: true, force: true });
  }
});
