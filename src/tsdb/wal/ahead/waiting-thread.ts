import { Worker } from 'node:worker_threads';
import { workerEntry } from '../../../std/worker-entry.ts';
import { youngGeneration } from '../../../std/young-generation.ts';
import { RECORD_BYTES_MAX } from '../record-types.ts';
import { createRing, type RingBuffers } from './entry-ring.ts';
import type { LogFile } from './log-ahead.ts';
import { createLogMemory, type LogMemory } from './log-kernel-instance.ts';
import type { LogWork } from './log-worker.ts';
import { createBoard } from './piece-board.ts';

/** What a thread is to read: files with their sizes, which are what `LogDecodingOptions` says otherwise. */
export interface LogReading {
  readonly files: readonly Required<LogFile>[];
  readonly chunkRangeMs: number;
}

/** A thread that reads a log, or waits to be told which. */
export interface ReadingThread {
  readonly worker: Worker;
  readonly ring: RingBuffers;
  readonly memory: LogMemory;
  /** Of the pieces of what it was told to read. */
  board: SharedArrayBuffer;
  /** The thread has ended. */
  isGone: boolean;
}

let waiting: (ReadingThread & { readonly reading: LogReading | null }) | null = null;

/**
 * Starts a thread before there is a database: that takes it some 100 ms, which pass meanwhile. Told what it will most likely
 * be asked for, it begins to read; there is one at most.
 */
export function startWaitingThread(reading: LogReading | null): void {
  if (waiting !== null) return;
  waiting = Object.assign(startThread(), { reading });
  if (reading !== null) tell(waiting, reading);
}

/** The caller's own thread, that reads this: the one that waits where it does so, or has nothing to read yet. */
export function takeThread(reading: LogReading): ReadingThread {
  const thread = waiting;
  waiting = null;
  if (thread !== null && thread.reading !== null && !thread.isGone && isSame(thread.reading, reading)) return thread;
  if (thread !== null && thread.reading !== null) void thread.worker.terminate();
  const idle = thread !== null && thread.reading === null ? thread : startThread();
  tell(idle, reading);
  return idle;
}

/** Ends the thread that waits, if nobody took it. */
export function endWaitingThread(): void {
  void waiting?.worker.terminate();
  waiting = null;
}

function startThread(): ReadingThread {
  // Before there is a thread: it may throw.
  const memory = createLogMemory();
  const worker = new Worker(workerEntry('tsdb/wal/ahead/log-worker.ts'), {
    name: 'log',
    resourceLimits: youngGeneration(),
  });
  const thread = { worker, ring: createRing(), memory, board: createBoard([]), isGone: false };
  worker.on('exit', () => {
    thread.isGone = true;
  });
  // What is wrong with a file whoever reads it without the thread finds out.
  worker.on('error', () => {});
  worker.unref();
  return thread;
}

function tell(thread: ReadingThread, { chunkRangeMs, files }: LogReading): void {
  const { memory, ring, worker } = thread;
  thread.board = createBoard(files);
  const work: LogWork = { files, recordBytesMax: RECORD_BYTES_MAX, chunkRangeMs, ring, memory, board: thread.board };
  worker.postMessage(work);
}

function isSame(a: LogReading, b: LogReading): boolean {
  if (a.chunkRangeMs !== b.chunkRangeMs || a.files.length !== b.files.length) return false;
  return a.files.every(({ from, path, size }, i) => {
    const other = b.files[i]!;
    return path === other.path && from === other.from && size === other.size;
  });
}
