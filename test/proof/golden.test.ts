import { spawnSync } from 'node:child_process';
import { cpSync, existsSync, mkdtempSync, rmSync, symlinkSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { afterAll, describe, expect, test } from 'vitest';
import { freePort } from '../../bench/peers/server.ts';

const FOLDER = resolve('../shared/golden');
const RECORD = join(FOLDER, 'recorded', 'promql-and-api.jsonl.gz');

/** Shares of the record that must be answered alike; raised as Narthex grows. */
const FLOORS = { query: 1, 'query/error': 1, 'invalid/error': 0.999, all: 0.996 } as const;

describe.skipIf(!existsSync(RECORD))('recorded answers of the reference (skips without ../shared/golden)', () => {
  const tools = mkdtempSync(join(tmpdir(), 'narthex-golden-'));
  afterAll(() => rmSync(tools, { recursive: true, force: true }));

  test('queries, refusals and API requests are answered alike after loading the data set', async () => {
    // The tools keep their folder clean of packages, and ours has those that they import.
    cpSync(FOLDER, tools, { recursive: true, filter: (path) => !path.includes('recorded') });
    symlinkSync(resolve('node_modules'), join(tools, 'node_modules'));
    const compare = `node compare.mjs --golden ${RECORD} --server $GOLDEN_SERVER --load --threshold 0 --diffs 0`;
    const { stdout, stderr } = spawnSync(
      process.execPath,
      ['start.mjs', '--binary', resolve('bin/narthex'), '--port', String(await freePort()), '--run', compare],
      { cwd: tools, encoding: 'utf8', maxBuffer: 1 << 26 },
    );
    const total = /total: (\d+)\/(\d+) passed/.exec(stdout);
    expect(total, `${stdout.slice(-2000)}${stderr.slice(-2000)}`).not.toBeNull();
    const rates: Record<string, number> = { all: Number(total![1]) / Number(total![2]) };
    for (const [, kind, passed, count] of stdout.matchAll(/^ {2}(\S+)\s+[\d.]+%\s+(\d+)\/(\d+)$/gm)) {
      rates[kind!] = Number(passed) / Number(count);
    }
    console.log(`recorded answers: ${total![1]} of ${total![2]} alike`);
    for (const [kind, floor] of Object.entries(FLOORS)) expect(rates[kind], kind).toBeGreaterThanOrEqual(floor);
  }, 240_000);
});
