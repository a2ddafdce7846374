import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { compactionBench } from './compaction.bench.ts';
import { kernelsBench } from './kernels.bench.ts';
import { type BenchOptions, benchOptions } from './options.ts';
import { PeerError } from './peers/server.ts';
import { queryBench } from './query.bench.ts';
import { queryGrowthBench } from './query-growth.bench.ts';
import { remoteWriteBench } from './remote-write.bench.ts';
import { scrapeBench } from './scrape.bench.ts';
import { scrapeUnderQueryLoadBench } from './scrape-under-query-load.bench.ts';
import { startupBench } from './startup.bench.ts';
import { stolenLine, stolenSeconds } from './stolen-time.ts';
import { tsdbBench } from './tsdb.bench.ts';

/** Every bench by the name it is called with. What one returns is kept as JSON under `bench/results/`, with the time stolen by the host. */
const BENCHES: Readonly<Record<string, (options: BenchOptions) => Promise<unknown>>> = {
  kernels: kernelsBench,
  scrape: scrapeBench,
  'remote-write': remoteWriteBench,
  query: queryBench,
  'query-growth': queryGrowthBench,
  startup: startupBench,
  tsdb: tsdbBench,
  'scrape-under-query-load': scrapeUnderQueryLoadBench,
  compaction: compactionBench,
};

const { benches, options } = benchOptions(process.argv.slice(2));
const unknown = benches.find((name) => BENCHES[name] === undefined);
if (benches.length === 0 || unknown !== undefined) {
  console.error(
    `Usage: npm run bench -- ${Object.keys(BENCHES).join('|')} [--smoke] [--peer NAME=PROGRAM] [--only TEXT]`,
  );
  console.error('       [--rounds N] [--set NAME=NUMBER]. Peers are found through NARTHEX_PEERS and PATH.');
  if (unknown !== undefined) console.error(`There is no bench named ${unknown}.`);
  process.exit(2);
}
const results = join(import.meta.dirname, 'results');
mkdirSync(results, { recursive: true });
for (const name of benches) {
  console.log(`\n# ${name}${options.smoke ? ' (smoke: numbers mean nothing)' : ''}`);
  const stolenBefore = stolenSeconds();
  const start = performance.now();
  const result = await BENCHES[name]!(options).catch((error: unknown) => {
    if (!(error instanceof PeerError)) throw error;
    console.error(error.message);
    process.exit(1);
  });
  const stolen = stolenBefore === null ? null : (stolenSeconds() ?? stolenBefore) - stolenBefore;
  if (stolen !== null) console.log(stolenLine(stolen, (performance.now() - start) / 1000));
  writeFileSync(join(results, `${name}.json`), `${JSON.stringify({ result, stolenSeconds: stolen }, null, 2)}\n`);
}
