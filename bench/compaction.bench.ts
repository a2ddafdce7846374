import { blocksCase } from './compaction/blocks.ts';
import { headCase } from './compaction/head.ts';
import type { BenchOptions } from './options.ts';

/**
 * What compaction costs, by Narthex and by a Prometheus (3.x, that looks at its directory each second), on the same files:
 * `blocks` makes one of three, `head` moves two of three hours from the head to a block and lets the log go. `--only CASE`;
 * `--set series=N`, default 100,000.
 */
export async function compactionBench(options: BenchOptions): Promise<unknown> {
  const series = options.sizes.get('series') ?? (options.smoke ? 200 : 100_000);
  const cases: Readonly<Record<string, () => Promise<unknown>>> = {
    blocks: () => blocksCase(options, series),
    head: () => headCase(options, series),
  };
  const results: Record<string, unknown> = {};
  for (const [name, run] of Object.entries(cases)) {
    if (options.only === null || name.includes(options.only)) results[name] = await run();
  }
  return results;
}
