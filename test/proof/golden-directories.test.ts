import { execFileSync } from 'node:child_process';
import { existsSync, mkdirSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, afterEach, describe, expect, test } from 'vitest';
import { Workbench } from '../server/narthex-process.ts';
import { GoldenTools, RECORDED } from './golden-tools.ts';

const DIRECTORIES = join(RECORDED, 'datadirs');
const COMMON = join(RECORDED, 'promql-and-api.jsonl.gz');
const FEATURES = [
  'exemplar-storage',
  'promql-experimental-functions',
  'promql-duration-expr',
  'promql-extended-range-selectors',
  'promql-binop-fill-modifiers',
  'promql-per-step-stats',
];
/** One in so many of the common record is asked on each directory, a different part each time. */
const EVERY = 10;

describe.skipIf(!existsSync(DIRECTORIES))(
  'directories that the reference left (skips without ../shared/golden)',
  () => {
    const tools = existsSync(DIRECTORIES) ? new GoldenTools() : null;
    const bench = new Workbench();
    const archives = existsSync(DIRECTORIES) ? readdirSync(DIRECTORIES).filter((name) => name.endsWith('.tar.gz')) : [];
    afterEach(() => bench.cleanUp());
    afterAll(() => tools?.remove());

    test.each(archives.map((archive, number) => ({ archive, number })))(
      'a server on a copy of $archive answers as the reference did',
      async ({ archive, number }) => {
        const own = join(DIRECTORIES, archive.replace('.tar.gz', '.jsonl.gz'));
        const record = existsSync(own) ? own : tools!.sample(COMMON, EVERY, number);
        const directory = bench.directory({ 'prometheus.yml': tools!.fixture().configuration });
        const data = join(directory, 'data');
        mkdirSync(data);
        execFileSync('tar', ['-xzf', join(DIRECTORIES, archive), '-C', data]);
        const server = bench.start(directory, [
          '--config.file=prometheus.yml',
          '--storage.tsdb.path=data',
          '--storage.tsdb.retention.time=100y',
          '--storage.tsdb.min-block-duration=24h',
          '--storage.tsdb.max-block-duration=24h',
          `--enable-feature=${FEATURES.join(',')}`,
        ]);
        const { found, output } = tools!.compare(record, await server.ready(), '--corpora', 'queries,invalid');
        const { alike, count } = found['all']!;
        console.log(`${archive}: ${alike} of ${count} recorded answers alike`);
        expect(count).toBeGreaterThan(100);
        expect(alike, output.slice(-4000)).toBe(count);
      },
    );
  },
);
