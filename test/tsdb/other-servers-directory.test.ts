import { existsSync, mkdtempSync, realpathSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { delimiter, join } from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';
import { labelsFromObject } from '../../src/model/labels.ts';
import { systemClock } from '../../src/std/clock.ts';
import { nodeFiles } from '../../src/std/node-files.ts';
import { silentLog } from '../../src/telemetry/log.ts';
import { type Database, openDatabase } from '../../src/tsdb/tsdb.ts';
import { ALL_TIME, batchOf, showSet } from './head-support.ts';
import { startPrometheus, startTarget, versionOf } from './prometheus-process.ts';

/** Every Prometheus that there is: 2.42 of a distribution beside a new one, say. */
const programs = [
  ...new Set(
    [process.env['NARTHEX_PEERS'], ...(process.env['PATH'] ?? '').split(delimiter)]
      .filter((folder) => folder !== undefined && folder !== '')
      .map((folder) => join(folder!, 'prometheus'))
      .filter((path) => existsSync(path))
      .map((path) => realpathSync(path)),
  ),
];
const made: string[] = [];
afterAll(() => {
  for (const path of made) rmSync(path, { recursive: true, force: true });
});

function open(directory: string): Promise<Database> {
  return openDatabase({ directory, fileSystem: nodeFiles, clock: systemClock, log: silentLog });
}

/** Every sample as `{labels} time=value`. */
async function samplesOf(directory: string): Promise<string[]> {
  const database = await open(directory);
  const querier = database.querier(ALL_TIME);
  const set = await querier.select({ matchers: [], range: ALL_TIME, sorted: true, limit: 0 });
  const samples = showSet(set).flatMap((line) => {
    const [, labels, list] = /^(\{.*\}) ?(.*)$/.exec(line)!;
    return list!.split(' ').map((sample) => `${labels} ${sample}`);
  });
  querier.close();
  await database.close();
  return samples;
}

describe.skipIf(programs.length === 0)('a directory that a Prometheus wrote (skips without prometheus)', () => {
  it.concurrent.each(programs.map((program) => [versionOf(program) ?? 'of unknown version', program] as const))(
    '%s is gone on with, and given back, without loss',
    async (_version, program) => {
      const target = await startTarget();
      const root = mkdtempSync(`${tmpdir()}/narthex-other-`);
      made.push(root);
      const directory = `${root}/data`;
      const seen = new Set<string>();
      for (const signal of ['SIGTERM', 'SIGKILL'] as const) {
        const server = startPrometheus(program, directory, target.address);
        await target.scraped(5);
        server.child.kill(signal);
        await server.exited;
        const theirs = await samplesOf(directory);
        expect(theirs.length).toBeGreaterThan(seen.size + 50);
        expect([...seen].filter((sample) => !theirs.includes(sample))).toEqual([]);
        const database = await open(directory);
        const appender = database.appender();
        const ref = appender.resolve(labelsFromObject({ __name__: 'ours', after: signal }));
        appender.append(batchOf([[ref, Date.now(), 1]]));
        appender.commit();
        await database.delete([[{ type: '=', name: '__name__', value: 'nan' }]], { minTime: 0, maxTime: Date.now() });
        await database.close();
        for (const sample of await samplesOf(directory)) seen.add(sample);
        expect([...seen].filter((sample) => sample.includes('"nan"'))).toEqual([]);
      }
      const last = startPrometheus(program, directory, target.address);
      await target.scraped(2);
      last.child.kill('SIGTERM');
      await last.exited;
      expect(last.output()).not.toMatch(/corrupt/i);
      const all = new Set(await samplesOf(directory));
      expect([...seen].filter((sample) => !all.has(sample))).toEqual([]);
      expect([...seen].filter((sample) => sample.includes('"ours"'))).toHaveLength(2);
      target.close();
    },
  );
});
