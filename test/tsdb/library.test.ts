import { execFileSync } from 'node:child_process';
import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join, resolve } from 'node:path';
import { afterEach, describe, expect, it } from 'vitest';
import { type Database, openDatabase, type Sample } from '../../src/tsdb/library.ts';

const ROOT = join(import.meta.dirname, '../..');

describe('narthex/tsdb', () => {
  const directories: string[] = [];
  afterEach(() => {
    for (const directory of directories.splice(0)) rmSync(directory, { recursive: true, force: true });
  });

  async function open(): Promise<Database> {
    directories.push(mkdtempSync(join(tmpdir(), 'narthex-library-')));
    return openDatabase(directories[0]!);
  }

  const HISTOGRAM = {
    kind: 'integer',
    counterResetHint: 'unknown',
    schema: 0,
    zeroThreshold: 0,
    zeroCount: 0,
    count: 3,
    sum: 5,
    positiveSpans: [{ offset: 0, length: 2 }],
    negativeSpans: [],
    positiveDeltas: [1, 1],
    negativeDeltas: [],
    customValues: [],
  } as const;

  it('appends floats and histograms, refuses by place, and reads', async () => {
    const database = await open();
    const up = { __name__: 'up' };
    const samples: Sample[] = [
      { labels: up, time: 1000, value: 1 },
      { labels: { __name__: 'took' }, time: 1000, histogram: HISTOGRAM },
      { labels: up, time: 500, value: 2 },
      { labels: { __name__: 'took' }, time: 900, histogram: HISTOGRAM },
      { labels: up, time: 2000, value: 3 },
    ];
    expect(database.append(samples)).toEqual({
      appended: 3,
      refused: [
        { index: 2, reason: 'outOfOrder' },
        { index: 3, reason: 'outOfOrder' },
      ],
    });
    await database.sync();
    const seen = await listOf(database.select({ matchers: [], minTime: 0, maxTime: 5000 }));
    expect(seen.map(({ labels }) => String(labels))).toEqual(['{__name__="took"}', '{__name__="up"}']);
    expect(seen[0]!.histograms![0]).toMatchObject({ kind: 'float', count: 3, positiveCounts: [1, 2] });
    expect([...seen[1]!.times]).toEqual([1000, 2000]);
    expect([...seen[1]!.values]).toEqual([1, 3]);
    expect(seen[1]!.histograms).toBe(null);
    const limited = database.select({ matchers: [], minTime: 0, maxTime: 5000, limit: 1 });
    expect(await listOf(limited)).toHaveLength(1);
    await database.close();
  });

  it('has what was appended when it is opened again, and not what was deleted', async () => {
    const database = await open();
    database.append([1, 2, 3].map((value) => ({ labels: { __name__: 'up' }, time: 1000 * value, value })));
    const matchers = [{ type: '=', name: '__name__', value: 'up' }] as const;
    await database.delete({ matchers, minTime: 2000, maxTime: 2000 });
    await expect(openDatabase(directories[0]!)).rejects.toMatchObject({ code: 'ELOCKED' });
    await database.close();
    expect(() => database.append([])).toThrow('Cannot append: the database is closed');
    const again = await openDatabase(directories[0]!);
    const [series] = await listOf(again.select({ matchers, minTime: 0, maxTime: 5000 }));
    expect([...series!.values]).toEqual([1, 3]);
    await again.close();
  });

  it('gives each series, from memory and from blocks, in exactly one shard', async () => {
    directories.push(mkdtempSync(join(tmpdir(), 'narthex-library-')));
    const database = await openDatabase(directories[0]!, { chunkRangeMs: 60_000, maintenance: null });
    for (const time of [1000, 61_000, 121_000, 181_000]) {
      database.append(
        Array.from({ length: 40 }, (_, i) => ({ labels: { __name__: 'up', job: `j${i}` }, time, value: i })),
      );
    }
    await database.compact();
    expect(readdirSync(directories[0]!).some((name) => /^[0-9A-Z]{26}$/.test(name))).toBe(true);
    const all = { matchers: [], minTime: 0, maxTime: 200_000 };
    const shards = await Promise.all(
      [0, 1, 2].map((index) => listOf(database.select({ ...all, shard: { index, count: 3 } }))),
    );
    const together = shards.flat().map(({ labels, times }) => `${labels} ${times}`);
    const whole = (await listOf(database.select(all))).map(({ labels, times }) => `${labels} ${times}`);
    expect(together.sort()).toEqual(whole.sort());
    expect(whole).toHaveLength(40);
    for (const shard of shards) expect(shard.length).toBeGreaterThan(5);
    const first = await listOf(database.select({ ...all, limit: 4, shard: { index: 1, count: 3 } }));
    expect(first.map(({ labels }) => labels)).toEqual(shards[1]!.slice(0, 4).map(({ labels }) => labels));
    expect(() => database.querier(all, { index: 3, count: 3 })).toThrow('There is no shard 3 of 3');
    await database.close();
  });

  it('moves old samples to blocks, takes late ones, and copies itself', async () => {
    directories.push(mkdtempSync(join(tmpdir(), 'narthex-library-')));
    const options = { chunkRangeMs: 60_000, outOfOrderMs: 60_000, maintenance: null };
    const database = await openDatabase(directories[0]!, options);
    const labels = { __name__: 'x' };
    for (let i = 0; i < 100; i++) database.append([{ labels, time: 10_000 * i, value: i }]);
    expect(database.append([{ labels, time: 985_000, value: -1 }]).refused).toEqual([]);
    await database.compact();
    const blocks = (path: string) => readdirSync(path).filter((name) => name.length === 26).length;
    expect(blocks(directories[0]!)).toBeGreaterThan(3);
    const all = { matchers: [], minTime: 0, maxTime: 1_000_000 };
    const [series] = await listOf(database.select(all));
    expect(series!.times).toHaveLength(101);
    const copy = await database.snapshot();
    await database.close();
    const copied = await openDatabase(copy, options);
    expect((await listOf(copied.select(all)))[0]!.values).toEqual(series!.values);
    await copied.close();
  });

  it('examples/database-in-your-program.ts runs and prints what it says', () => {
    const file = join(ROOT, 'examples/database-in-your-program.ts');
    expect(execFileSync(process.execPath, [file], { encoding: 'utf8' })).toBe(
      '6 samples appended\nrefused: outOfOrder\n{__name__="temperature", room="hall"}\n' +
        '  2026-01-01T00:00:00.000Z 18\n  2026-01-01T00:01:00.000Z 18.5\n',
    );
  });

  it('brings nothing of HTTP, configuration, scraping or PromQL', () => {
    const { files, packages } = importsOf(join(ROOT, 'src/tsdb/library.ts'));
    const folders = new Set(files.map((file) => file.slice(`${ROOT}/src/`.length).split('/')[0]));
    expect([...folders].sort()).toEqual(['kernels', 'memory', 'model', 'std', 'storage', 'telemetry', 'tsdb']);
    const foreign = [...packages].filter((name) => !name.startsWith('node:'));
    expect(foreign.sort()).toEqual(['lru-cache', 're2js']);
    expect([...packages].filter((name) => /^node:(http|https|http2|net|tls|dgram|dns)/.test(name))).toEqual([]);
  });
});

async function listOf<T>(items: AsyncIterable<T>): Promise<T[]> {
  const list: T[] = [];
  for await (const item of items) list.push(item);
  return list;
}

/** Everything that a file loads, types excepted: source files, and packages by name. */
function importsOf(start: string): { files: string[]; packages: Set<string> } {
  const files = new Set<string>();
  const packages = new Set<string>();
  const visit = (file: string): void => {
    if (files.has(file)) return;
    files.add(file);
    const text = readFileSync(file, 'utf8');
    const statements = text.matchAll(/^(?:import|export)\s+(?!type\b)[^;]*?from\s+'([^']+)'|\bimport\('([^']+)'\)/gms);
    for (const [, fixed, dynamic] of statements) {
      const name = fixed ?? dynamic!;
      if (!name.startsWith('.')) packages.add(name);
      else {
        const path = resolve(dirname(file), name);
        expect(existsSync(path), `${path} of ${file}`).toBe(true);
        visit(path);
      }
    }
  };
  visit(start);
  return { files: [...files], packages };
}
