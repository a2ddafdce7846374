import { parentPort } from 'node:worker_threads';
import { errorToData } from '../../std/error-data.ts';
import { nodeFiles } from '../../std/node-files.ts';
import { lowerThreadPriority } from '../../std/thread-priority.ts';
import { TaskCancelled } from './compact-blocks.ts';
import { CANCELLED_WORD, SERIES_WORD, type TaskAnswer, type TaskMessage } from './maintenance-runner.ts';
import { runTask } from './tasks.ts';

/**
 * The maintenance thread: takes one task after the other and answers each. Scrapes and queries come first.
 */
lowerThreadPriority(10);

parentPort!.on('message', ({ task, control }: TaskMessage) => {
  const words = new Int32Array(control);
  parentPort!.postMessage(answerTo(task, words));
});

function answerTo(task: TaskMessage['task'], words: Int32Array): TaskAnswer {
  try {
    const meta = runTask(nodeFiles, task, (series) => {
      Atomics.store(words, SERIES_WORD, series);
      if (Atomics.load(words, CANCELLED_WORD) !== 0) throw new TaskCancelled();
    });
    return { kind: 'done', meta };
  } catch (error) {
    return error instanceof TaskCancelled ? { kind: 'cancelled' } : { kind: 'failed', error: errorToData(error) };
  }
}
