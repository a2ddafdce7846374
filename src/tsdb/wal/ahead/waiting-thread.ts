import { Worker } from 'node:worker_threads';
import { workerEntry } from '../../../std/worker-entry.ts';

/** A thread for `LogThread` that was started before there is a database: that takes it some 100 ms, which pass meanwhile. */
let waiting: Worker | null = null;

/** Starts the thread, which then waits. There is one at most. */
export function startWaitingThread(): void {
  waiting ??= startThread();
}

/** The thread that waits, or else a new one: the caller's from now on. */
export function takeThread(): Worker {
  const worker = waiting ?? startThread();
  waiting = null;
  return worker;
}

/** Ends the thread that waits, if nobody took it. */
export function endWaitingThread(): void {
  void waiting?.terminate();
  waiting = null;
}

function startThread(): Worker {
  const worker = new Worker(workerEntry('tsdb/wal/ahead/log-worker.ts'), { name: 'log' });
  // What is wrong with a file whoever reads it without the thread finds out.
  worker.on('error', () => {});
  worker.unref();
  return worker;
}
