import { spawnSync } from 'node:child_process';
import { expect, it } from 'vitest';

/** A program that allocates what goes at once, and prints how often its heap was collected meanwhile. */
const PROGRAM = `
  import { constants, PerformanceObserver } from 'node:perf_hooks';
  import { setTimeout as sleep } from 'node:timers/promises';
  import { beginCollecting } from ${JSON.stringify(new URL('begin-collecting.ts', import.meta.url))};
  let collections = 0;
  new PerformanceObserver((list) => {
    for (const { detail } of list.getEntries()) if (detail.kind === constants.NODE_PERFORMANCE_GC_MAJOR) collections++;
  }).observe({ entryTypes: ['gc'] });
  if (process.argv[1] === 'begin') beginCollecting();
  for (let turn = 0; turn < 100 && collections === 0; turn++) {
    Array.from({ length: 500 }, (_, i) => [i]);
    await sleep(1);
  }
  console.log(collections);
`;

function collections(how: string): number {
  const { stderr, stdout } = spawnSync(process.execPath, ['--input-type=module', '-e', PROGRAM, how], {
    encoding: 'utf8',
  });
  expect(stderr).toBe('');
  return Number(stdout);
}

it('makes V8 collect, beside a program that would not have needed it', () => {
  expect([collections('go on'), collections('begin')]).toEqual([0, 1]);
});
