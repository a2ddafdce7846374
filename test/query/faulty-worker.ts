import { type MessagePort, parentPort, workerData } from 'node:worker_threads';
import type { MessageFromThread, MessageToThread, QueryThreadSettings } from '../../src/query/pool/messages.ts';
import '../../src/query/pool/query-worker.ts';
import { ThreadControl } from '../../src/query/pool/thread-control.ts';

// A query thread that does what no query should: `spin` never gives way, `hang` is never done, `outgrow` ends as Node ends
// threads whose heap is full, `die` ends the thread. `sum(FAULT_AT) + ...`, or a list whose first selector has FAULT_AT as its first value,
// meets its fault when it has sent its second message of a kind: `die_question` ends the thread, `cancel_more` sees that it is canceled,
// `wait_more` takes half a second.

const port = parentPort as MessagePort;
const control = new ThreadControl((workerData as QueryThreadSettings).control);
const hanging = new Set<number>();
const inMessages = new Map<number, { readonly fault: string; readonly kind: string; count: number }>();
const send = port.postMessage.bind(port);
const WAIT_MS = 500;

port.postMessage = (message: MessageFromThread, moved) => {
  if (message.kind === 'done' && hanging.has(message.slot)) return;
  send(message, moved as ArrayBuffer[]);
  const coming = inMessages.get(message.slot);
  if (coming?.kind !== message.kind || ++coming.count !== 2) return;
  if (coming.fault === 'die') process.exit(3);
  if (coming.fault === 'cancel') control.setCanceled(message.slot, true);
  if (coming.fault === 'wait') Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, WAIT_MS);
};

port.on('message', (message: MessageToThread) => {
  if (message.kind !== 'run' && message.kind !== 'list') return;
  const { slot } = message;
  inMessages.delete(slot);
  const text = message.kind === 'run' ? message.request.text : `sum(${message.list.selectors[0]!.matchers[0]!.value})`;
  const [, fault, kind] = /^sum\((die|cancel|wait)_(question|more|next|series)\)/.exec(text) ?? [];
  if (fault !== undefined && kind !== undefined) inMessages.set(slot, { fault, kind, count: 0 });
  if (message.kind === 'list') return;
  const { request } = message;
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
