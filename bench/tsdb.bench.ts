import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { BenchOptions } from './options.ts';
import { fillCase } from './tsdb/fill.ts';
import { growthCase } from './tsdb/growth.ts';
import { largeTurnsCase } from './tsdb/large-turns.ts';
import { readCase } from './tsdb/read.ts';
import { restartCase } from './tsdb/restart.ts';
import { selectCase } from './tsdb/select.ts';
import { turnsCase } from './tsdb/turns.ts';

/**
 * The database by itself: `fill` (new and known series, memory), `growth` (ten times the series), `turns` (how long whatever is done now
 * and then holds the event loop), `large-turns` (the same of large batches, `--set commit=N` samples of one), `select`, `read`, `restart` (peers beside it).
 * `--only CASE`; `--set series=N` for how many series there are (200,000; the goals speak of 1,000,000), `--set steps=N`
 * for their samples (240: an hour), `--set restart=N` for the series of a restart (100,000).
 */
export async function tsdbBench({ smoke, only, peers, rounds, sizes }: BenchOptions): Promise<unknown> {
  const series = sizes.get('series') ?? (smoke ? 1000 : 200_000);
  const steps = sizes.get('steps') ?? (smoke ? 8 : 240);
  const restartSeries = sizes.get('restart') ?? (smoke ? 500 : 100_000);
  const large = {
    lines: smoke ? 5000 : 100_000,
    rows: smoke ? 5000 : 120_000,
    columns: smoke ? 10 : 10_000,
    commit: sizes.get('commit') ?? (smoke ? 5000 : 300_000),
    entries: smoke ? 1000 : 20_000,
  };
  const root = mkdtempSync(join(tmpdir(), 'narthex-bench-'));
  const cases: Readonly<Record<string, () => unknown>> = {
    fill: () => fillCase(root, series, steps),
    growth: () => growthCase(root, series, steps, rounds),
    turns: () => turnsCase(root, series),
    'large-turns': () => largeTurnsCase(root, large),
    select: () => selectCase(root, series, 5 * rounds),
    read: () => readCase(root, Math.min(series, smoke ? 1000 : 20_000), rounds),
    restart: () => restartCase({ series: restartSeries, steps: smoke ? 4 : 50, rounds, peers }),
  };
  const results: Record<string, unknown> = {};
  try {
    for (const [name, run] of Object.entries(cases)) {
      if (only === null || name.includes(only)) results[name] = await run();
    }
    return results;
  } finally {
    rmSync(root, { recursive: true, force: true });
  }
}
