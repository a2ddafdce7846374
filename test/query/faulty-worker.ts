import { parentPort, workerData } from 'node:worker_threads';
import type { MessageToThread, QueryThreadSettings } from '../../src/query/pool/messages.ts';
import '../../src/query/pool/query-worker.ts';
import { ThreadControl } from '../../src/query/pool/thread-control.ts';

// A query thread that does what no query should: `spin` never gives way, `grow` takes all memory, `die` ends the thread.

const control = new ThreadControl((workerData as QueryThreadSettings).control);

parentPort!.on('message', (message: MessageToThread) => {
  if (message.kind !== 'run') return;
  const { slot, request } = message;
  if (request.text === 'spin') {
    control.setAtWork(slot);
    for (;;);
  }
  if (request.text === 'grow') {
    control.setAtWork(slot);
    // In small pieces: a large one beyond the limit would end the process.
    let list: object = {};
    for (;;) list = { list };
  }
  if (request.text === 'die') process.exit(3);
});
