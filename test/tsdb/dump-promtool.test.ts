import { execFileSync } from 'node:child_process';
import { existsSync, mkdirSync, mkdtempSync, readdirSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { afterAll, describe, expect, it } from 'vitest';
import { findProgram } from '../../bench/peers/find-program.ts';
import { dumpDatabase } from '../../src/server/commands/tsdb-dump.ts';
import { nodeFiles } from '../../src/std/node-files.ts';
import type { TimeRange } from '../../src/storage/query.ts';
import { silentLog } from '../../src/telemetry/log.ts';
import { dumpWithPromtool, versionOf } from './prometheus-process.ts';

const RECORDED = `${import.meta.dirname}/../../../shared/golden/recorded/datadirs`;
const ALL: TimeRange = { minTime: -Number.MAX_SAFE_INTEGER, maxTime: Number.MAX_SAFE_INTEGER };

const promtool = findProgram('promtool');
const archives = existsSync(RECORDED) ? readdirSync(RECORDED).filter((name) => name.endsWith('.tar.gz')) : [];
const reason =
  archives.length === 0
    ? ': no recorded directories in ../shared, skipped'
    : promtool === null
      ? ': no promtool, skipped'
      : '';
/** A tool of 2.x leaves histograms out, can not open some directories, and shows deleted samples that came late. */
const isOld = promtool !== null && (versionOf(promtool) ?? 3) < 3;
const NEEDS_NEW_TOOL = /xor2|zstd|tombstones/;

const root = mkdtempSync(`${tmpdir()}/narthex-dump-`);
afterAll(() => rmSync(root, { recursive: true, force: true }));

describe.skipIf(reason !== '')(`narthex tsdb dump${reason}`, () => {
  for (const archive of archives) {
    const name = archive.replace('.tar.gz', '');
    it.skipIf(isOld && NEEDS_NEW_TOOL.test(name))(`prints what promtool prints of ${name}`, async () => {
      const expected = dumpWithPromtool(promtool!, extracted(archive, `${name}-theirs`));
      const ours = await dump(extracted(archive, `${name}-ours`), ALL);
      expect(expected.length).toBeGreaterThan(100_000);
      expect(differences(isOld ? oldForm(ours) : ours, expected)).toEqual({ missing: [], extra: [] });
    });
  }

  it('changes nothing, and prints the part that is asked for', async () => {
    const directory = extracted(archives[0]!, 'part');
    const before = listing(directory);
    const all = await dump(directory, ALL);
    const range = { minTime: 1793493000000, maxTime: 1793494800000 };
    const part = await dump(directory, range, [{ type: '=', name: 'job', value: 'api' }]);
    const wanted = all.filter((line) => {
      const time = timeOf(line);
      return line.includes('job="api"') && time >= range.minTime && time <= range.maxTime;
    });
    expect(part.length).toBeGreaterThan(100);
    expect(differences(part, wanted)).toEqual({ missing: [], extra: [] });
    expect(listing(directory)).toEqual(before);
  });
});

async function dump(
  directory: string,
  range: TimeRange,
  matchers: readonly { type: '='; name: string; value: string }[] = [],
) {
  let text = '';
  await dumpDatabase({
    directory,
    fileSystem: nodeFiles,
    log: silentLog,
    range,
    selectors: [matchers],
    write: (part) => {
      text += part;
    },
  });
  return text.split('\n').slice(0, -1).sort();
}

/** The first few lines that only one side has; both are sorted. */
function differences(ours: readonly string[], theirs: readonly string[]) {
  const missing: string[] = [];
  const extra: string[] = [];
  let i = 0;
  let j = 0;
  while (i < ours.length || j < theirs.length) {
    if (ours[i] === theirs[j]) {
      i++;
      j++;
    } else if (j === theirs.length || (i < ours.length && ours[i]! < theirs[j]!)) extra.push(ours[i++]!);
    else missing.push(theirs[j++]!);
  }
  return { missing: missing.slice(0, 3), extra: extra.slice(0, 3) };
}

/** What a tool of 2.x makes of the lines: a series ends at its first histogram, and label names have no quotes. */
function oldForm(lines: readonly string[]): string[] {
  const ends = new Map<string, number>();
  for (const line of lines) {
    const split = line.indexOf('} {count:') + 1;
    if (split === 0) continue;
    const labels = line.slice(0, split);
    ends.set(labels, Math.min(ends.get(labels) ?? Infinity, timeOf(line)));
  }
  return lines
    .filter((line) => {
      const histogram = line.indexOf('} {count:') + 1;
      const labels = line.slice(0, histogram > 0 ? histogram : line.lastIndexOf('} ') + 1);
      return timeOf(line) < (ends.get(labels) ?? Infinity);
    })
    .map((line) =>
      line.replaceAll(
        /([{ ])"((?:[^"\\]|\\.)+)"=/g,
        (_, before, name) => `${before}${name.replaceAll(/\\(.)/g, '$1')}=`,
      ),
    )
    .sort();
}

function timeOf(line: string): number {
  return Number(line.slice(line.lastIndexOf(' ') + 1));
}

function extracted(archive: string, name: string): string {
  const directory = `${root}/${name}`;
  // The tool asks for a log even where there are blocks only.
  mkdirSync(`${directory}/wal`, { recursive: true });
  execFileSync('tar', ['xzf', `${RECORDED}/${archive}`, '-C', directory]);
  return directory;
}

function listing(directory: string): string[] {
  return execFileSync('find', [directory, '-type', 'f', '-printf', '%p %s %T@\n']).toString().split('\n').sort();
}
