import type { FileSystem } from '../../std/file-system.ts';
import { TaskCancelled } from './compact-blocks.ts';
import type { MaintenanceRunner } from './maintenance-runner.ts';
import { type MaintenanceTask, runTask } from './tasks.ts';
import type { WrittenBlock } from './write-block.ts';

/** Runs tasks on this thread, on any file system: for tools that have nothing else to do, and for tests. */
export class InlineMaintenance implements MaintenanceRunner {
  readonly #fileSystem: FileSystem;
  readonly series = 0;
  #isClosed = false;

  constructor(fileSystem: FileSystem) {
    this.#fileSystem = fileSystem;
  }

  async run(task: MaintenanceTask): Promise<WrittenBlock | null> {
    if (this.#isClosed) throw new TaskCancelled();
    return runTask(this.#fileSystem, task, () => {});
  }

  /** A task is never under way when this can be called. */
  cancel(): void {}

  async close(): Promise<void> {
    this.#isClosed = true;
  }
}
