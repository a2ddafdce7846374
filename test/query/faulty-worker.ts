import { type MessagePort, parentPort, workerData } from 'node:worker_threads';
import type { MessageFromThread, MessageToThread, QueryThreadSettings } from '../../src/query/pool/messages.ts';
import '../../src/query/pool/query-worker.ts';
import { ThreadControl } from '../../src/query/pool/thread-control.ts';

// A query thread that does what no query should: `spin` never gives way, `hang` is never done, `outgrow` ends as Node ends
// threads whose heap is full, `die` ends the thread.

const port = parentPort as MessagePort;
const control = new ThreadControl((workerData as QueryThreadSettings).control);
const hanging = new Set<number>();
const send = port.postMessage.bind(port);

port.postMessage = (message: MessageFromThread, moved) => {
  if (message.kind !== 'done' || !hanging.has(message.slot)) send(message, moved as ArrayBuffer[]);
};

port.on('message', (message: MessageToThread) => {
  if (message.kind !== 'run') return;
  const { slot, request } = message;
  if (request.text === 'hang') hanging.add(slot);
  if (request.text === 'spin') {
    control.setAtWork(slot);
    for (;;);
  }
  if (request.text === 'outgrow') {
    throw Object.assign(new Error('the heap is full'), { code: 'ERR_WORKER_OUT_OF_MEMORY' });
  }
  if (request.text === 'die') process.exit(3);
});
