import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { type FillResult, fillProcess } from '../../bench/tsdb/fill.ts';

/** An hour at 15 s. */
const STEPS = 240;
/** Of a million series, which the goal is about: 900 bytes of memory each. */
const BYTES_MAX = 900;
/** What of the chunks that are in files stays in memory is a fixed amount: the share of so many series of a million. */
const RESIDENT_BYTES_OF_A_MILLION = 48 * 2 ** 20;

/**
 * The small version of `npm run bench -- tsdb --only fill --set series=1000000`. What the process takes by itself does not
 * grow with the series, so the difference between two sizes is looked at.
 */
it('takes at most 900 bytes for each further series after an hour of samples', { timeout: 600_000 }, () => {
  const root = mkdtempSync(join(tmpdir(), 'narthex-memory-'));
  const fill = (series: number): FillResult => {
    const residentChunkBytes = Math.round((RESIDENT_BYTES_OF_A_MILLION * series) / 1_000_000);
    const result = fillProcess({ directory: join(root, String(series)), series, steps: STEPS, residentChunkBytes });
    rmSync(join(root, String(series)), { recursive: true });
    return result;
  };
  try {
    const small = fill(10_000);
    const large = fill(50_000);
    expect(large.samples).toBe(50_000 * STEPS);
    const bytes = (large.residentBytes - small.residentBytes) / (large.series - small.series);
    console.log(`${Math.round(bytes)} bytes for each further series`);
    expect(bytes).toBeLessThanOrEqual(BYTES_MAX);
  } finally {
    rmSync(root, { recursive: true, force: true });
  }
});
