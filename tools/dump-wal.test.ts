import { execFileSync } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { expect, it } from 'vitest';
import { memoryDisk, openWriter, samplesOf, seriesOf, WAL } from '../test/tsdb/wal-support.ts';

it('dump-wal prints records, entries and damage', () => {
  const disk = memoryDisk();
  const writer = openWriter(disk, { compression: 'none' });
  writer.append([seriesOf(7, { __name__: 'up', job: 'a' }), samplesOf([[7, 1000, 1]])]);
  writer.append([samplesOf([[7, 2000, 0.5]]), Uint8Array.of(99)]);
  const bytes = disk.readFileSync(`${WAL}/00000000`);
  bytes[45]! ^= 1;
  const root = mkdtempSync(`${tmpdir()}/narthex-dump-`);
  try {
    writeFileSync(`${root}/00000000`, bytes);
    const tool = `${import.meta.dirname}/dump-wal.ts`;
    const lines = execFileSync(process.execPath, [tool, root, '--entries'], { stdio: 'pipe' }).toString().split('\n');
    expect(lines.map((line) => line.trim())).toEqual([
      `${root}/00000000: ${bytes.length} bytes`,
      '0 series, 28 bytes uncompressed, 28 bytes plain',
      'series 7 {__name__="up", job="a"}',
      '35 DAMAGED, 34 bytes: checksum differs',
      '69 samples, 27 bytes uncompressed, 27 bytes plain',
      'sample 7 at 2000: 0.5',
      '103 unknown type 99, 1 bytes uncompressed, 1 bytes plain',
      '1 series, 1 samples, 1 unknownRecords',
      '',
      '',
    ]);
  } finally {
    rmSync(root, { recursive: true, force: true });
  }
});
