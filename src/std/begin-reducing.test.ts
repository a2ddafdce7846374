import { spawnSync } from 'node:child_process';
import { expect, it } from 'vitest';

/** A program that has V8 begin a collection as often as it is told to, each time when the one before is over. */
const PROGRAM = `
  import { constants, PerformanceObserver } from 'node:perf_hooks';
  import { setTimeout as sleep } from 'node:timers/promises';
  import { beginCollecting } from ${JSON.stringify(new URL('begin-collecting.ts', import.meta.url))};
  import { beginReducing } from ${JSON.stringify(new URL('begin-reducing.ts', import.meta.url))};
  let collections = 0;
  new PerformanceObserver((list) => {
    for (const { detail } of list.getEntries()) if (detail.kind === constants.NODE_PERFORMANCE_GC_MAJOR) collections++;
  }).observe({ entryTypes: ['gc'] });
  for (const [index, how] of process.argv.slice(1).entries()) {
    if (how === 'reduce') beginReducing();
    else beginCollecting();
    for (let turn = 0; turn < 10_000 && collections === index; turn++) {
      Array.from({ length: 500 }, (_, i) => [i]);
      await sleep(1);
    }
  }
`;

/** Of each collection whether it was one that gives memory back. */
function collections(...how: string[]): boolean[] {
  const options = ['--trace-gc', '--input-type=module', '-e', PROGRAM, ...how];
  const { stderr, stdout } = spawnSync(process.execPath, options, { encoding: 'utf8' });
  expect(stderr).toBe('');
  return stdout
    .split('\n')
    .filter((line) => line.includes('Mark-Compact'))
    .map((line) => line.includes('(reduce)'));
}

it('makes V8 collect and give memory back, this once', () => {
  expect(collections('collect', 'reduce', 'collect')).toEqual([false, true, false]);
});
