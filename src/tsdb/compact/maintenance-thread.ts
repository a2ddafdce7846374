import { Worker } from 'node:worker_threads';
import type { Clock } from '../../std/clock.ts';
import { errorFromData } from '../../std/error-data.ts';
import { workerEntry } from '../../std/worker-entry.ts';
import { youngGeneration } from '../../std/young-generation.ts';
import { TaskCancelled } from './compact-blocks.ts';
import {
  CANCELLED_WORD,
  CONTROL_WORDS,
  type MaintenanceRunner,
  SERIES_WORD,
  type TaskAnswer,
  type TaskMessage,
} from './maintenance-runner.ts';
import type { MaintenanceTask } from './tasks.ts';
import type { WrittenBlock } from './write-block.ts';

/** A thread that had nothing to do for so long ends; starting one costs some 50 ms. */
const IDLE_MS = 5000;

/**
 * Runs tasks in a thread of its own, on the disk of this host. The thread is started with the first task and ended when
 * there was none for some seconds.
 */
export class MaintenanceThread implements MaintenanceRunner {
  readonly #clock: Clock;
  #worker: Worker | null = null;
  #control: Int32Array<SharedArrayBuffer> | null = null;
  #answered: ((answer: TaskAnswer) => void) | null = null;
  #cancelIdle: (() => void) | null = null;
  /** The task before, done or not; the next one waits for it. */
  #last: Promise<unknown> = Promise.resolve();
  /** How often everything was cancelled: a task that waited meanwhile does not begin. */
  #cancellations = 0;
  #isClosed = false;

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  get series(): number {
    return this.#control === null ? 0 : Atomics.load(this.#control, SERIES_WORD);
  }

  run(task: MaintenanceTask): Promise<WrittenBlock | null> {
    const cancellations = this.#cancellations;
    const result = this.#last.then(() => {
      if (this.#isClosed || this.#cancellations !== cancellations) throw new TaskCancelled();
      return this.#runNow(task);
    });
    this.#last = result.catch(() => {});
    return result;
  }

  cancel(): void {
    this.#cancellations++;
    if (this.#control !== null) Atomics.store(this.#control, CANCELLED_WORD, 1);
  }

  async close(): Promise<void> {
    this.#isClosed = true;
    this.cancel();
    await this.#last;
    this.#cancelIdle?.();
    await this.#end();
  }

  async #runNow(task: MaintenanceTask): Promise<WrittenBlock | null> {
    this.#cancelIdle?.();
    this.#cancelIdle = null;
    const control = new SharedArrayBuffer(4 * CONTROL_WORDS);
    this.#control = new Int32Array(control);
    const worker = this.#worker ?? this.#start();
    worker.ref();
    const answer = await this.#answer(worker, { task, control });
    if (answer.kind === 'done') return answer.meta;
    throw answer.kind === 'cancelled' ? new TaskCancelled() : errorFromData(answer.error);
  }

  async #answer(worker: Worker, message: TaskMessage): Promise<TaskAnswer> {
    try {
      return await new Promise<TaskAnswer>((resolve) => {
        this.#answered = resolve;
        worker.postMessage(message);
      });
    } finally {
      this.#answered = null;
      this.#control = null;
      this.#worker?.unref();
      this.#cancelIdle = this.#clock.after(IDLE_MS, () => void this.#end());
    }
  }

  #start(): Worker {
    const worker = new Worker(workerEntry('tsdb/compact/compact-worker.ts'), {
      name: 'maintenance',
      resourceLimits: youngGeneration(),
    });
    this.#worker = worker;
    worker.on('message', (answer: TaskAnswer) => this.#answered?.(answer));
    const lost = (message: string): void => {
      // One that was ended on purpose has nothing to answer.
      if (this.#worker !== worker) return;
      this.#worker = null;
      this.#answered?.({ kind: 'failed', error: { name: 'Error', message, stack: null, fields: {} } });
    };
    worker.on('error', (error) => lost(`The maintenance thread failed: ${error.message}`));
    worker.on('exit', (code) => lost(`The maintenance thread ended with code ${code}`));
    return worker;
  }

  async #end(): Promise<void> {
    const worker = this.#worker;
    this.#worker = null;
    await worker?.terminate();
  }
}
