import type { ErrorData } from '../../std/error-data.ts';
import type { MaintenanceTask } from './tasks.ts';
import type { WrittenBlock } from './write-block.ts';

/** Where maintenance tasks run. One runs at a time. */
export interface MaintenanceRunner {
  /**
   * The meta of the block that the task made; null where no sample was left, and for a checkpoint. Rejects with what the task threw, and with
   * `TaskCancelled`.
   */
  run(task: MaintenanceTask): Promise<WrittenBlock | null>;
  /** Ends the task that runs, which removes what it wrote, and those that wait. */
  cancel(): void;
  /** Series that the running task has written; 0 where none runs. */
  readonly series: number;
  /** Cancels everything and resolves when nothing runs any more. */
  close(): Promise<void>;
}

/** Words of the memory that both threads see. */
export const CANCELLED_WORD = 0;
export const SERIES_WORD = 1;
export const CONTROL_WORDS = 2;

export interface TaskMessage {
  readonly task: MaintenanceTask;
  readonly control: SharedArrayBuffer;
}

export type TaskAnswer =
  | { readonly kind: 'done'; readonly meta: WrittenBlock | null }
  | { readonly kind: 'cancelled' }
  | { readonly kind: 'failed'; readonly error: ErrorData };
