import { execFileSync } from 'node:child_process';
import { cpSync, mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it, onTestFinished } from 'vitest';
import { findProgram } from '../../bench/peers/find-program.ts';
import { labelsFromObject } from '../../src/model/labels.ts';
import { MemoryFiles } from '../../src/std/memory-files.ts';
import { NarthexProcess, Workbench } from '../server/narthex-process.ts';
import { writeBlock } from '../tsdb/block-support.ts';
import { unpackRecorded } from '../tsdb/chunk-files.ts';
import { versionOf } from '../tsdb/prometheus-process.ts';
import { narthex } from './run-narthex.ts';

const bench = new Workbench();
afterAll(() => bench.cleanUp());

const ULIDS = ['01M7Y2YCE48314TZWWY00MFCX0', '01M7Y2YE1X9J09YSZ1JETVEVTC'] as const;

describe('narthex tsdb on blocks', () => {
  const directory = bench.directory();
  const tsdb = (...args: string[]) => narthex(directory, 'tsdb', ...args);

  beforeAll(() => {
    const files = new MemoryFiles();
    for (const [i, ulid] of ULIDS.entries()) {
      const from = 7_200_000 * i;
      const series = ['<a>', 'b"'].map((job) => ({
        labels: labelsFromObject({ __name__: 'up', '1': 'x', job }),
        chunks: [[[from, 0.5] as const, [from + 1500, 1e21] as const]],
      }));
      writeBlock(files, '/data', { ulid, version: 2, minTime: from, maxTime: from + 1501, series, deleted: [] });
      for (const name of ['meta.json', 'index', 'tombstones', 'chunks/000001']) {
        const path = join(directory, 'data', ulid, name);
        mkdirSync(dirname(path), { recursive: true });
        writeFileSync(path, files.readFileSync(`/data/${ulid}/${name}`));
      }
    }
  });

  it('list prints a table, in numbers or for people', async () => {
    const { code, stdout } = await tsdb('list');
    expect(code).toBe(0);
    const lines = stdout.split('\n');
    expect(lines[0]).toBe(
      'BLOCK ULID                  MIN TIME     MAX TIME     DURATION     NUM SAMPLES  NUM CHUNKS   NUM SERIES   SIZE',
    );
    expect(lines[1]).toMatch(/^01M7Y2YCE48314TZWWY00MFCX0 {2}0 {12}1501 {9}1\.501s {7}0 {12}0 {12}0 {12}\d+$/);
    expect(lines[2]).toMatch(/^01M7Y2YE1X9J09YSZ1JETVEVTC {2}7200000 {6}7201501 {6}1\.501s /);
    const { stdout: readable } = await tsdb('list', '-r', 'data/');
    expect(readable).toContain(
      '01M7Y2YE1X9J09YSZ1JETVEVTC  1970-01-01 02:00:00 +0000 UTC  1970-01-01 02:00:01 +0000 UTC',
    );
  });

  it('analyze tells of the last block, or of the one that is named', async () => {
    const { code, stdout } = await tsdb('analyze', '--limit=2', 'data');
    expect(code).toBe(0);
    expect(stdout).toContain(`Block ID: ${ULIDS[1]}\nDuration: 1.501s\n`);
    expect(stdout).toContain('\nMost common label pairs:\n2 1=x\n2 __name__=up\n\nLabel names');
    expect(stdout).toContain('\nHighest cardinality labels:\n2 job\n1 1\n\nHighest cardinality metric names:\n2 up\n');
    const other = await tsdb('analyze', '--extended', '--match={job="b\\""}', 'data', ULIDS[0]);
    expect(other.stdout).toContain(`Block ID: ${ULIDS[0]}\n`);
    expect(other.stdout).toContain('Matched series: 1\nPostings (unique label pairs): 3\n');
    expect(other.stdout).toContain('samples per float chunk (min/avg/max): 2/2/2\n[ 1, 10]: 1 ####');
    expect(other.stdout).toContain('buckets per histogram chunk: N/A\n');
  });

  it('dump prints samples, labels as JSON, and OpenMetrics', async () => {
    expect((await tsdb('dump', '--match={job="<a>"}', '--max-time=1000')).stdout).toBe(
      '{"1"="x", __name__="up", job="<a>"} 0.5 0\n',
    );
    expect((await tsdb('dump', '--format', 'seriesjson')).stdout).toBe(
      '{"1":"x","__name__":"up","job":"\\u003ca\\u003e"}\n{"1":"x","__name__":"up","job":"b\\""}\n',
    );
    expect((await tsdb('dump-openmetrics', '--match={job=~"b.*"}', '--min-time=1', '--max-time=7200000')).stdout).toBe(
      'up{1="x",job="b\\""} 1e+21 1.500\nup{1="x",job="b\\""} 0.5 7200.000\n# EOF\n',
    );
  });

  it('verify prints faults with file and offset, and tells by its exit code', async () => {
    const sound = await tsdb('verify');
    expect(sound).toEqual({
      code: 0,
      stdout:
        'data: sound; looked at 2 blocks (4 series, 4 chunks, 8 samples), 0 log segments (0 records), 0 chunks of the head\n',
      stderr: '',
    });
    const copy = join(directory, 'copy');
    cpSync(join(directory, 'data', ULIDS[0]), copy, { recursive: true });
    const path = join(copy, 'chunks/000001');
    const bytes = readFileSync(path);
    bytes[20]! ^= 1;
    writeFileSync(path, bytes);
    const damaged = await tsdb('verify', 'copy');
    expect(damaged.code).toBe(1);
    expect(damaged.stdout).toContain(
      'copy/chunks/000001 at offset 8: the checksum of a chunk differs\ncopy: 1 faults; ',
    );
    const { code, stdout } = await tsdb('verify', 'copy', '--json');
    expect(code).toBe(1);
    expect(
      stdout
        .trim()
        .split('\n')
        .map((line) => JSON.parse(line)),
    ).toEqual([
      { kind: 'fault', path: 'copy/chunks/000001', offset: 8, reason: 'the checksum of a chunk differs' },
      expect.objectContaining({ kind: 'summary', faults: 1, notes: 0, blocks: 1, chunks: 2, samples: 2 }),
    ]);
    expect((await tsdb('verify', 'nodir')).code).toBe(2);
    expect((await tsdb('verify', '--jso')).code).toBe(2);
  });

  it('create-blocks-from openmetrics makes a block of each range that has samples', async () => {
    writeFileSync(
      join(directory, 'input'),
      '# TYPE took histogram\ntook_bucket{le="1"} 3 10\ntook_bucket{le="+Inf"} 4 10\n# TYPE up gauge\nup{job="a"} NaN 10\n' +
        'up{job="a",z=""} 2 7199.999\nup{job="a"} 3 7200\nup{job="a"} 4 36000\n# EOF\n',
    );
    const made = await tsdb('create-blocks-from', 'openmetrics', '--label=dc=x', 'input', 'made');
    expect(made).toMatchObject({ code: 0, stderr: '' });
    const lines = made.stdout.trimEnd().split('\n');
    expect(
      lines.map((line) =>
        line
          .replace(/^[0-9A-Z]{26}/, 'ULID')
          .replace(/ +\d+$/, ' SIZE')
          .replace(/ +/g, ' '),
      ),
    ).toEqual([
      'BLOCK ULID MIN TIME MAX TIME DURATION NUM SAMPLES NUM CHUNKS NUM SERIES SIZE',
      'ULID 10000 7200000 1h59m50s 4 3 3 SIZE',
      'ULID 7200000 7200001 1ms 1 1 1 SIZE',
      'ULID 36000000 36000001 1ms 1 1 1 SIZE',
    ]);
    expect((await tsdb('dump', 'made')).stdout).toBe(
      '{__name__="took_bucket", dc="x", le="+Inf"} 4 10000\n{__name__="took_bucket", dc="x", le="1.0"} 3 10000\n' +
        '{__name__="up", dc="x", job="a"} NaN 10000\n{__name__="up", dc="x", job="a"} 2 7199999\n' +
        '{__name__="up", dc="x", job="a"} 3 7200000\n{__name__="up", dc="x", job="a"} 4 36000000\n',
    );
    expect((await tsdb('verify', 'made')).code).toBe(0);
    const quiet = await tsdb('create-blocks-from', 'openmetrics', '-q', '--max-block-duration=20h', 'input', 'wide');
    expect(quiet).toEqual({ code: 0, stdout: '', stderr: '' });
    expect((await tsdb('list', 'wide')).stdout.trimEnd().split('\n')).toHaveLength(2);
  });

  it('create-blocks-from openmetrics says what is wrong with its input, and where', async () => {
    const failing = async (text: string) => {
      writeFileSync(join(directory, 'bad'), text);
      const { code, stderr } = await tsdb('create-blocks-from', 'openmetrics', 'bad', 'none');
      expect(code).toBe(1);
      return stderr;
    };
    expect(await failing('a 1 5\n')).toContain(
      'getting min and max timestamp: next: data does not end with # EOF (bad at offset 6)',
    );
    expect(await failing('a{b="c"} 1\n# EOF\n')).toContain('expected timestamp for series got none: a{b="c"}');
    // The first 5,000 are one transaction.
    const many = Array.from({ length: 4999 }, (_, i) => `b{i="${i}"} 1 5\n`).join('');
    expect(await failing(`a 1 5\n${many}a 1 4\n# EOF\n`)).toContain(
      'add sample: out of order sample: {__name__="a"} at 4000',
    );
    writeFileSync(join(directory, 'late'), 'a 1 5\na 1 4\na 1 5\na 2 5\na 2 6\n# EOF\n');
    expect(await tsdb('create-blocks-from', 'openmetrics', '-q', 'late', 'lateless')).toEqual({
      code: 0,
      stdout: '',
      stderr:
        'left out 2 samples that are not later than others of their series, first out of order sample: {__name__="a"} at 4000\n',
    });
    expect((await tsdb('dump', 'lateless')).stdout).toBe('{__name__="a"} 1 5000\n{__name__="a"} 2 6000\n');
    expect((await tsdb('create-blocks-from', 'openmetrics', 'nofile')).stderr).toBe(
      'stat nofile: no such file or directory\n',
    );
    expect((await tsdb('create-blocks-from', 'rules', '--start=1', 'x')).stderr).toContain('is not supported');
    expect((await tsdb('bench', 'write')).stderr).toContain('is not supported');
  });

  it('dump prints all into a pipe, and ends where its reader goes away', async () => {
    const lines = Array.from(
      { length: 40_000 },
      (_, i) => `some_series{number="${i % 50}"} ${i} ${Math.floor(i / 50)}`,
    );
    writeFileSync(join(directory, 'input'), `${lines.join('\n')}\n# EOF\n`);
    expect((await tsdb('create-blocks-from', 'openmetrics', '-q', 'input', 'many')).code).toBe(0);
    // More than a pipe takes at once.
    const { stdout } = await tsdb('dump', 'many');
    expect(stdout.split('\n')).toHaveLength(lines.length + 1);
    const { child, ended } = new NarthexProcess(directory, ['tsdb', 'dump', 'many']);
    child.stdout!.once('data', () => child.stdout!.destroy());
    expect((await ended).code).toBe(141);
  });

  it('says what is wrong in the words of the reference', async () => {
    const failing = async (...args: string[]) => {
      const { code, stderr, stdout } = await tsdb(...args);
      expect([code, stdout]).toEqual([1, '']);
      return stderr;
    };
    expect(await failing('list', 'nodir')).toBe('opening the db dir: stat nodir: no such file or directory\n');
    expect(await failing('dump', 'nodir')).toBe('opening the db dir: stat nodir: no such file or directory\n');
    expect(await failing('analyze', 'data', 'nope')).toBe('invalid block ID nope\n');
    expect(await failing('analyze', '.')).toBe('no blocks found\n');
    expect(await failing('dump', '--min-time=x')).toBe(
      'narthex: error: strconv.ParseInt: parsing "x": invalid syntax, try --help\n',
    );
    expect(await failing('analyze', '--match=x{')).toContain('parse error: unexpected end of input inside braces');
    expect(await failing('list', 'data', 'more')).toBe('narthex: error: unexpected more, try --help\n');
    for (const [name, ...line] of [
      ['human-readable', 'list', '-r', '--no-human-readable'],
      ['match', 'analyze', '--match=up', '--match=down'],
    ] as const) {
      expect(await failing(...line)).toBe(`narthex: error: flag '${name}' cannot be repeated, try --help\n`);
    }
    expect(await failing('list', '-rx')).toBe("narthex: error: unknown short flag '-x', try --help\n");
    expect(await failing('dump', '--no-match')).toBe("narthex: error: unknown long flag '--no-match', try --help\n");
  });

  it('takes switches that are switched off, and several by one letter each', async () => {
    const plain = await tsdb('list');
    expect(await tsdb('list', '--no-human-readable')).toEqual(plain);
    writeFileSync(join(directory, 'one'), 'a 1 1\n# EOF\n');
    const { code, stdout } = await tsdb('create-blocks-from', '-rq', 'openmetrics', 'one', 'quiet');
    expect([code, stdout]).toEqual([0, '']);
    expect((await tsdb('list', 'quiet')).stdout.trimEnd().split('\n')).toHaveLength(2);
  });
});

const promtool = findProgram('promtool');
const reason =
  promtool === null ? ': no promtool, skipped' : (versionOf(promtool) ?? 3) < 3 ? ': it is old, skipped' : '';

describe.skipIf(reason !== '')(`narthex tsdb beside promtool${reason}`, () => {
  for (const name of ['blocks', 'blocks-xor2', 'ooo-and-tombstones', 'head-killed']) {
    it(`prints the same of ${name}`, async ({ skip }) => {
      const directory = unpackRecorded(name);
      if (directory === null) return skip('no recorded directories in ../shared');
      onTestFinished(() => rmSync(directory, { recursive: true, force: true }));
      mkdirSync(join(directory, 'wal'), { recursive: true });
      const theirs = (...args: string[]) =>
        execFileSync(promtool!, ['tsdb', ...args, directory], { maxBuffer: 1 << 28, stdio: 'pipe' }).toString();
      const ours = async (...args: string[]) => (await narthex(directory, 'tsdb', ...args, directory)).stdout;
      expect(await ours('list')).toBe(theirs('list'));
      expect(await ours('list', '-r')).toBe(theirs('list', '-r'));
      expect(sorted(await ours('dump-openmetrics'))).toEqual(sorted(theirs('dump-openmetrics')));
      if (!name.startsWith('blocks')) return;
      // Names that the format does not know without quotes are left out, and series with histograms.
      const simple = (await ours('dump-openmetrics'))
        .split('\n')
        .filter((line) => /^\w+\{(\w+="[^"]*",?)*\} |^#/.test(line));
      const input = join(directory, 'input');
      writeFileSync(input, `${simple.join('\n')}\n`);
      const [mine, other] = [join(directory, 'mine'), join(directory, 'other')];
      const made = await narthex(directory, 'tsdb', 'create-blocks-from', 'openmetrics', input, mine);
      const theirOutput = execFileSync(promtool!, [
        'tsdb',
        'create-blocks-from',
        'openmetrics',
        input,
        other,
      ]).toString();
      expect(made.stdout.replaceAll(ULID_PATTERN, 'ULID')).toBe(theirOutput.replaceAll(ULID_PATTERN, 'ULID'));
      expect(blockFiles(mine)).toEqual(blockFiles(other));
      expect(sorted(await ours('dump', '--format=seriesjson'))).toEqual(sorted(theirs('dump', '--format=seriesjson')));
      for (const args of [
        ['--extended', '--limit=1000'],
        ['--extended', '--limit=1000', '--match={__name__=~"h.*"}'],
      ]) {
        // Equal numbers are in the order of the tool's hash tables.
        expect(sorted(await ours('analyze', ...args))).toEqual(sorted(theirs('analyze', ...args)));
      }
    });
  }
});

const ULID_PATTERN = /^[0-9A-Z]{26}/gm;

/** The bytes of all blocks' files but those that have their names, in the order of those. */
function blockFiles(directory: string): Buffer[] {
  return readdirSync(directory)
    .sort()
    .flatMap((ulid) =>
      ['index', 'chunks/000001', 'tombstones'].map((file) => readFileSync(join(directory, ulid, file))),
    );
}

function sorted(text: string): string[] {
  return text.split('\n').sort();
}
