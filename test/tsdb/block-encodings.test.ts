import { execFileSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, it, onTestFinished } from 'vitest';
import { findProgram } from '../../bench/peers/find-program.ts';
import { dumpDatabase } from '../../src/server/commands/tsdb-dump.ts';
import { FileSystemError } from '../../src/std/file-system.ts';
import { MemoryFiles } from '../../src/std/memory-files.ts';
import { nodeFiles } from '../../src/std/node-files.ts';
import { createSampleColumn } from '../../src/storage/query.ts';
import { silentLog } from '../../src/telemetry/log.ts';
import { DamagedFile } from '../../src/tsdb/damaged-file.ts';
import { ALL_TIMES, openBlock } from '../support/read-block.ts';
import { put } from './block-support.ts';
import { ENCODED_SAMPLES, writeEncodings } from './encodings-support.ts';
import { dumpWithPromtool, versionOf } from './prometheus-process.ts';

const ULID = '01HZZZZZZZZZZZZZZZZZZZZZZZ';
const BLOCK = `/data/${ULID}`;
/** File and offset, and what is wrong. */
const MESSAGE = new RegExp(`^Cannot read ${BLOCK}/[^ ]+ at offset \\d+: .`);

describe('a damaged block with chunks of every encoding', () => {
  const files = new MemoryFiles();
  files.makeDirectorySync('/data');
  writeEncodings(files, '/data', ULID);
  const whole = read(files);

  it('is read whole where nothing is damaged, start times included', () => {
    expect(whole).toHaveLength(6 * ENCODED_SAMPLES);
    const withStart = whole.filter(
      (line) => line.endsWith(' since 1699999941000') || line.endsWith(' since 1699999940000'),
    );
    expect(withStart).toHaveLength(3 * ENCODED_SAMPLES);
  });

  it.each(['index', 'chunks/000001'])('tells of any byte flipped in %s, or gives the same samples', (name) => {
    const path = `${BLOCK}/${name}`;
    const bytes = files.readFileSync(path).slice();
    const silent = new Set<number>();
    for (let at = 0; at < bytes.length; at++) {
      for (const mask of [0x01, 0x80, 0xff]) {
        const copy = bytes.slice();
        copy[at]! ^= mask;
        put(files, path, copy);
        const found = attempt(files);
        if (typeof found === 'string') expect(found).toMatch(MESSAGE);
        else {
          expect(found).toEqual(whole);
          silent.add(at);
        }
      }
    }
    put(files, path, bytes);
    // Of a segment only the zeros in its header are not looked at.
    if (name !== 'index') expect([...silent]).toEqual([5, 6, 7]);
  });

  it.each(['index', 'chunks/000001'])('tells of %s cut short anywhere', (name) => {
    const path = `${BLOCK}/${name}`;
    const bytes = files.readFileSync(path).slice();
    for (let size = 0; size < bytes.length; size++) {
      put(files, path, bytes.subarray(0, size));
      expect(attempt(files)).toEqual(expect.stringMatching(MESSAGE));
    }
    put(files, path, bytes);
  });
});

const promtool = findProgram('promtool');
const reason =
  promtool === null ? ': no promtool, skipped' : (versionOf(promtool) ?? 3) < 3 ? ': it is old, skipped' : '';

describe.skipIf(reason !== '')(`a block with chunks of every encoding, beside promtool${reason}`, () => {
  it('is read and analyzed by it', async () => {
    const directory = mkdtempSync(join(tmpdir(), 'narthex-encodings-'));
    onTestFinished(() => rmSync(directory, { recursive: true, force: true }));
    writeEncodings(nodeFiles, directory, ULID);
    mkdirSync(join(directory, 'wal'));
    const theirs = dumpWithPromtool(promtool!, directory);
    expect(theirs).toHaveLength(6 * ENCODED_SAMPLES);
    let ours = '';
    await dumpDatabase({
      directory,
      fileSystem: nodeFiles,
      log: silentLog,
      range: ALL_TIMES,
      selectors: [[]],
      write: (text) => {
        ours += text;
      },
    });
    expect(ours.trimEnd().split('\n').sort()).toEqual(theirs);
    const analysis = execFileSync(promtool!, ['tsdb', 'analyze', '--extended', directory], { encoding: 'utf8' });
    expect(analysis).toContain('samples per histogram chunk (min/avg/max): 12/12/12');
  });
});

/** The samples, or the message of the error. Nothing else may happen. */
function attempt(files: MemoryFiles): string[] | string {
  try {
    return read(files);
  } catch (error) {
    expect(error instanceof DamagedFile || error instanceof FileSystemError ? null : error).toBe(null);
    return (error as Error).message;
  }
}

/** Every sample with its start time, found through each label. */
function read(files: MemoryFiles): string[] {
  const block = openBlock(files, BLOCK);
  try {
    const querier = block.querier(ALL_TIMES);
    const lines: string[] = [];
    for (const kind of querier.labelValues('kind', [], 0)) {
      const matchers = [
        { type: '=', name: 'kind', value: kind },
        { type: '=~', name: '__name__', value: 'enc.+' },
        { type: '!=', name: 'start', value: '' },
      ] as const;
      const set = querier.select({ matchers, range: ALL_TIMES, sorted: true, limit: 0 });
      for (let row = 0; row < set.length; row++) {
        const column = createSampleColumn(0);
        set.read(row, column);
        for (let i = 0; i < column.length; i++) {
          const value = column.histograms?.[i] ?? column.values[i];
          const start = column.startTimes?.[i] ?? 0;
          lines.push(`${set.labels(row)} ${column.times[i]} ${JSON.stringify(value)} since ${start}`);
        }
      }
    }
    querier.close();
    return lines;
  } finally {
    block.close();
  }
}
