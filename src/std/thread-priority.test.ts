import { getPriority } from 'node:os';
import { Worker } from 'node:worker_threads';
import { expect, it } from 'vitest';

it.runIf(process.platform === 'linux')('lowerThreadPriority() is about the thread that calls it alone', async () => {
  const own = getPriority();
  const worker = new Worker(
    `import { parentPort, workerData } from 'node:worker_threads';
     import { getPriority } from 'node:os';
     const { lowerThreadPriority } = await import(workerData);
     lowerThreadPriority(3);
     const once = getPriority();
     lowerThreadPriority(100);
     parentPort.postMessage([once, getPriority()]);`,
    { eval: true, workerData: new URL('thread-priority.ts', import.meta.url).href },
  );
  const seen = await new Promise((resolve, reject) => worker.once('message', resolve).once('error', reject));
  expect(seen).toEqual([Math.min(19, own + 3), 19]);
  expect(getPriority()).toBe(own);
});
