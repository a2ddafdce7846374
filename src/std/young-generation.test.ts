import { spawnSync } from 'node:child_process';
import { expect, it } from 'vitest';

/** A program that prints how large, in MiB, the young generation of a worker gets that is started with certain limits. */
const PROGRAM = `
  import { Worker } from 'node:worker_threads';
  import { youngGeneration } from ${JSON.stringify(new URL('young-generation.ts', import.meta.url))};
  const work = \`
    import { getHeapSpaceStatistics } from 'node:v8';
    import { parentPort } from 'node:worker_threads';
    const young = () => getHeapSpaceStatistics().find(({ space_name: name }) => name === 'new_space').space_size;
    let most = 0;
    for (let round = 0; round < 40; round++) {
      const kept = [];
      for (let i = 0; i < 300_000; i++) kept.push([i]);
      most = Math.max(most, young());
    }
    parentPort.postMessage(most / 2 ** 20);
  \`;
  new Worker(work, { eval: true, resourceLimits: youngGeneration(...process.argv.slice(1).map(Number)) })
    .on('message', (most) => console.log(most));
`;

function mostOf(...mebibytes: string[]): number {
  const options = ['--max-semi-space-size=4', '--input-type=module', '-e', PROGRAM, ...mebibytes];
  const { stderr, stdout } = spawnSync(process.execPath, options, { encoding: 'utf8' });
  expect(stderr).toBe('');
  return Number(stdout);
}

it("gives a worker's young generation a limit of its own, whatever the process was started with", () => {
  // Two halves; for some moments V8 goes beyond.
  expect(mostOf('16')).toBeGreaterThanOrEqual(32);
  expect(mostOf()).toBeLessThan(32);
});
